from helpers.data import random_labels, write_csv
from mmpretrain.registry import DATASETS

from dsrb_mm.completion.outputs import annotation_files
from dsrb_mm.datasets.config_data import ConfigData


def test_annotation_files_inside_wrappers(tmp_path):
    file = tmp_path / 'labels.csv'
    write_csv(file, random_labels(3, 2), ['a', 'b'], ['train'] * 3)
    inner = dict(type='CSVMultiLabel', ann_file=str(file), ignore_columns=('split',))
    inner['data_prefix'] = dict(img_path=str(tmp_path / 'images'))
    config = dict(type='PartialLabelDataset', dataset=inner)
    data = ConfigData.from_dataset('train', DATASETS.build(config))
    assert annotation_files([data]) == [str(file)]
