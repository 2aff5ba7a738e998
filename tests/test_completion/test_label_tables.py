import numpy as np
import pytest
from helpers.data import random_labels, write_coco, write_csv, write_vg, write_voc
from mmpretrain.datasets.categories import VOC2007_CATEGORIES
from mmpretrain.registry import DATASETS

from dsrb_mm.completion.label_tables import (
    check_image_root,
    find_image_root,
    label_table,
    relative_paths,
    score_table,
    write_table,
)
from dsrb_mm.datasets.config_data import ConfigData

CLASSES = ['cat', 'a "dog", or None', 'NA']


def wrap(name, /, **kwargs):
    config = dict(type='PartialLabelDataset', dataset=kwargs)
    return ConfigData.from_dataset(name, DATASETS.build(config))


def coco(root):
    sets = []
    for split in ('train', 'val'):
        write_coco(root, split, random_labels(4, 3), CLASSES)
        folder = dict(ann_file=f'annotations/instances_{split}.json', data_root=str(root))
        sets.append(wrap(split, type='CocoMultiLabel', data_prefix=dict(img_path=split), **folder))
    return sets, root


def voc(root):
    write_voc(root, 'trainval', random_labels(3, 20), list(VOC2007_CATEGORIES))
    return [wrap('train', type='VOC', split='trainval', data_root=str(root))], root / 'JPEGImages'


def vg(root):
    write_vg(root, random_labels(3, 200), dict(train=slice(0, 3)))
    file = dict(type='VG200', ann_file='train_list_500.txt', data_root=str(root))
    return [wrap('train', data_prefix=dict(img_path='VG_100K'), **file)], root / 'VG_100K'


def csv(root):
    write_csv(root / 'labels.csv', random_labels(4, 3), CLASSES[::2] + ['dog'], ['train'] * 4)
    file = dict(type='CSVMultiLabel', ann_file='labels.csv', data_root=str(root))
    options = dict(split_column='split', split='train', data_prefix=dict(img_path='images'))
    return [wrap('train', **file, **options)], root / 'images'


@pytest.mark.parametrize('make', [coco, voc, vg, csv])
def test_every_data_set_comes_back_from_its_csv(tmp_path, make):
    sets, expected_root = make(tmp_path / 'data')
    root = find_image_root(sets)
    assert root == str(expected_root)
    data = sets[0]
    labels = data.labels.copy()
    labels[::2, ::2] = -1
    paths = relative_paths(data.paths, root)
    write_table(label_table('train', paths, labels, data.classes), tmp_path / 'new/labels.csv')
    back = wrap(
        'train',
        type='CSVMultiLabel',
        ann_file=str(tmp_path / 'new/labels.csv'),
        data_prefix=dict(img_path=root),
        split_column='split',
        split='train',
    )
    assert (back.labels == labels).all()
    assert back.classes == data.classes
    assert relative_paths(back.paths, root) == paths


def test_paths_outside_the_root(tmp_path):
    (data,), _ = voc(tmp_path / 'data')
    names = relative_paths(data.paths, tmp_path / 'data/Annotations')
    assert names[0].startswith('../JPEGImages/')


def test_scores():
    table = score_table('train', ['x.jpg'], np.array([[0.25, 1 / 3]]), ['a', 'b'])
    assert table.to_dict('records') == [dict(path='x.jpg', split='train', a=0.25, b=1 / 3)]


@pytest.mark.parametrize('classes', [['a', 'a'], ['path', 'b'], ['a', 'split']])
def test_names_that_a_csv_cannot_have(classes):
    with pytest.raises(ValueError, match='repeated .* reserved'):
        label_table('train', ['x'], np.zeros((1, 2)), classes)


def test_images_must_lie_below_the_image_root(tmp_path):
    (tmp_path / 'a').mkdir()
    check_image_root([tmp_path / 'a/x.jpg', f'{tmp_path}/a/../b.jpg'], tmp_path)
    with pytest.raises(ValueError, match=r'below the image root .*/a, but got .*b\.jpg'):
        check_image_root([tmp_path / 'a/x.jpg', tmp_path / 'b.jpg'], tmp_path / 'a')
