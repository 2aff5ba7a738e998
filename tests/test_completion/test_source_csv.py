import csv

import numpy as np
import pytest
from mmpretrain.registry import DATASETS

from dsrb_mm.completion.source_csv import SourceCSV
from dsrb_mm.datasets.config_data import ConfigData

TEXT = '''set , file,note,b,a
learn,x.jpg,"one, ""two""",,1.0
check,z.jpg,kept,n/a,
learn,y.jpg,,-1,
check,x.jpg,,0,
learn,"c\rr.jpg",,,0
'''


def read(file, **options):
    options = dict(
        dict(path_column='file', split_column='set', split='learn', ignore_columns=['note']),
        **options,
    )
    inner = dict(type='CSVMultiLabel', ann_file=str(file), check_images=False, **options)
    inner['data_prefix'] = dict(img_path='images')
    config = dict(type='PartialLabelDataset', dataset=inner)
    return ConfigData.from_dataset('train', DATASETS.build(config))


@pytest.fixture
def file(tmp_path):
    (tmp_path / 'labels.csv').write_text(TEXT, newline='')
    return tmp_path / 'labels.csv'


def rows(file):
    with file.open(newline='') as opened:
        return list(csv.reader(opened))


def test_everything_but_the_gaps_stays(file, tmp_path):
    data = read(file, classes=['a', 'b'])
    assert data.labels.tolist() == [[1, -1], [-1, -1], [0, -1]]
    SourceCSV(data).write(tmp_path / 'new/out.csv', np.array([[1, 0], [-1, 1], [0, -1]]))
    expected = rows(file)
    expected[1][3], expected[3][3] = '0', '1'
    assert rows(tmp_path / 'new/out.csv') == expected  # 1.0 and n/a as they were
    again = read(tmp_path / 'new/out.csv', classes=['a', 'b'])
    assert again.labels.tolist() == [[1, 0], [-1, 1], [0, -1]] and again.paths == data.paths


def test_labels_that_the_mask_hid_are_hidden_in_the_file(file, tmp_path):
    SourceCSV(read(file)).write(tmp_path / 'out.csv', np.full((3, 2), -1))
    assert (read(tmp_path / 'out.csv').labels == -1).all()


def test_some_images_of_the_file(file, tmp_path):
    data = read(file, indices=[1])
    SourceCSV(data).write(tmp_path / 'out.csv', np.array([[1, 1]]))
    assert read(tmp_path / 'out.csv').labels.tolist() == [[-1, 1], [1, 1], [-1, 0]]


def test_rows_that_are_not_read(file):
    paths, labels = SourceCSV(read(file)).unread()
    assert paths == ['images/z.jpg', 'images/x.jpg']
    assert labels.tolist() == [[-1, -1], [0, -1]]


def test_other_paths(file, tmp_path):
    source = SourceCSV(read(file))
    source.write(tmp_path / 'out.csv', read(file).labels, lambda paths: [p + '!' for p in paths])
    assert [row[1] for row in rows(tmp_path / 'out.csv')][1:3] == ['images/x.jpg!', 'images/z.jpg!']


def test_only_a_single_csv_is_written_again(file):
    assert SourceCSV.can_read(read(file))
    part = dict(type='CSVMultiLabel', ann_file=str(file), path_column='file', check_images=False)
    part |= dict(split_column='set', split='learn', ignore_columns=['note'])
    both = dict(type='ConcatDataset', datasets=[part, part])
    config = dict(type='PartialLabelDataset', dataset=both)
    assert not SourceCSV.can_read(ConfigData.from_dataset('train', DATASETS.build(config)))


def test_a_file_that_changes_meanwhile(file, tmp_path):
    source = SourceCSV(read(file))
    file.write_text(''.join(TEXT.splitlines(keepends=True)[:3]))
    with pytest.raises(ValueError, match='to stay as it is'):
        source.write(tmp_path / 'out.csv', np.zeros((3, 2)))
    assert not (tmp_path / 'out.csv').exists()
