import numpy as np
import pytest
from helpers.data import random_labels, write_csv
from mmengine.config import Config

from dsrb_mm.completion.held_out import build_held_out, unseen_labels
from dsrb_mm.datasets.config_data import ConfigData

CLASSES = ('cat', 'dog')


def data(paths, labels, split='train', classes=CLASSES):
    labels = np.array(labels, np.int8)
    return ConfigData(split, None, list(paths), labels, labels, classes, None)


def test_what_training_knew_of_an_image_is_left_out(tmp_path):
    (tmp_path / 'a.jpg').touch()
    (tmp_path / 'link.jpg').symlink_to(tmp_path / 'a.jpg')
    # The same image twice in training: what either row knows is known.
    train = data([tmp_path / 'a.jpg', tmp_path / 'a.jpg', tmp_path / 'b.jpg'],
                 [[1, -1], [-1, -1], [1, 0]])  # fmt: skip
    held_out = data([tmp_path / 'link.jpg', tmp_path / 'c.jpg'], [[1, 0], [0, 1]], 'val')
    labels, dropped = unseen_labels(held_out, train)
    assert labels.tolist() == [[-1, 0], [0, 1]] and dropped == 1
    assert held_out.labels.tolist() == [[1, 0], [0, 1]]


def test_nothing_left(tmp_path):
    train = data(['a.jpg'], [[1, 0]])
    with pytest.raises(ValueError, match=r'expected the val set .* \(2 are known to training'):
        unseen_labels(data(['a.jpg'], [[1, 0]], 'val'), train)


def test_a_csv_is_read_with_all_its_rows_and_splits(tmp_path):
    labels = random_labels(6, 2)
    write_csv(tmp_path / 'more.csv', labels, CLASSES, ['train', 'val', 'x'] * 2)
    train = data([], np.zeros((0, 2)))
    root = str(tmp_path / 'images')
    held_out = build_held_out(Config(), str(tmp_path / 'more.csv'), train, [], root)
    assert (held_out.labels == labels).all() and held_out.classes == CLASSES
    assert held_out.paths[0] == f'{root}/0.png'


@pytest.mark.parametrize('header', ['path,dog,cat', 'path,note,cat,split,dog'])
def test_other_columns_of_a_csv_are_read_over(tmp_path, header):
    (tmp_path / 'a.png').touch()
    cells = dict(path='a.png', dog='1', cat='', note='x', split='val')
    row = ','.join(cells[name] for name in header.split(','))
    (tmp_path / 'more.csv').write_text(f'{header}\n{row}\n')
    train = data([], np.zeros((0, 2)))
    held_out = build_held_out(Config(), str(tmp_path / 'more.csv'), train, [], str(tmp_path))
    assert held_out.labels.tolist() == [[-1, 1]]


@pytest.mark.parametrize(
    ('source', 'message'),
    [
        ('val', 'val_dataloader to choose thresholds on, but got none'),
        ('labels.txt', "'val', 'test', 'none' or a CSV, but got 'labels.txt'"),
    ],
)
def test_no_such_source(source, message):
    with pytest.raises(ValueError, match=message):
        build_held_out(Config(), source, data([], np.zeros((0, 2))), [], '')


def test_other_categories(tmp_path):
    write_csv(tmp_path / 'labels.csv', random_labels(3, 2), ['dog', 'cat'], ['val'] * 3)
    dataset = dict(
        type='CSVMultiLabel',
        ann_file=str(tmp_path / 'labels.csv'),
        data_prefix=dict(img_path=str(tmp_path / 'images')),
        split_column='split',
        split='val',
    )
    cfg = Config(dict(val_dataloader=dict(dataset=dataset)))
    with pytest.raises(ValueError, match=r'expected the val set to have the 2 categories'):
        build_held_out(cfg, 'val', data([], np.zeros((0, 2))), [], '')
