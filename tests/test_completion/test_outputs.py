import pytest
from helpers.data import random_labels, write_csv
from mmpretrain.registry import DATASETS

from dsrb_mm.completion.outputs import annotation_files, check_outputs
from dsrb_mm.datasets.config_data import ConfigData


def test_what_may_be_written(tmp_path):
    old, new, source = tmp_path / 'old.csv', tmp_path / 'new.csv', tmp_path / 'in.csv'
    for file in (old, source):
        file.touch()
    check_outputs([new, tmp_path / 'b/other.csv'], [source])
    with pytest.raises(FileExistsError, match='--overwrite'):
        check_outputs([old], [source])
    check_outputs([old], [source], overwrite=True)
    link = tmp_path / 'link.csv'
    link.symlink_to(source)
    for path in (source, link, tmp_path / 'x/../in.csv'):
        with pytest.raises(ValueError, match='read as input'):
            check_outputs([path], [source], overwrite=True)
    with pytest.raises(ValueError, match='twice'):
        check_outputs([new, tmp_path / 'x/../new.csv'], [])
    with pytest.raises(ValueError, match='folder'):
        check_outputs([tmp_path], [], overwrite=True)


def test_annotation_files_inside_wrappers(tmp_path):
    file = tmp_path / 'labels.csv'
    write_csv(file, random_labels(3, 2), ['a', 'b'], ['train'] * 3)
    inner = dict(type='CSVMultiLabel', ann_file=str(file), ignore_columns=('split',))
    inner['data_prefix'] = dict(img_path=str(tmp_path / 'images'))
    config = dict(type='PartialLabelDataset', dataset=inner)
    data = ConfigData.from_dataset('train', DATASETS.build(config))
    assert annotation_files([data]) == [str(file)]
