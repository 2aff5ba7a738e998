import numpy as np
import pytest
import torch
from helpers.data import random_labels, write_coco, write_voc
from mmengine.dataset import ConcatDataset, RepeatDataset
from mmpretrain.registry import DATASETS

from dsrb_mm.datasets import PartialLabelDataset, get_label_matrix
from dsrb_mm.datasets.masks import KnownProportion

CLASSES = ['cat', 'dog', 'bird']


@pytest.fixture
def coco(tmp_path):
    labels = random_labels(12, 3)
    write_coco(tmp_path, 'train', labels, CLASSES)
    pipeline = [dict(type='LoadImageFromFile'), dict(type='PackInputs')]
    config = dict(
        type='CocoMultiLabel',
        data_root=str(tmp_path),
        ann_file='annotations/instances_train.json',
        data_prefix=dict(img_path='train'),
        pipeline=pipeline,
    )
    return config, labels


def build(**kwargs):
    return DATASETS.build(dict(type='PartialLabelDataset', **kwargs))


def test_nothing_is_hidden_without_a_mask(coco):
    config, labels = coco
    assert (build(dataset=config).label_matrix() == labels).all()


def test_known_proportion_hides_by_the_published_formula(coco):
    config, labels = coco
    found = build(dataset=config, known_proportion=0.4).label_matrix()
    known = KnownProportion(0.4).choose(labels)
    long_form = build(dataset=config, known=dict(type='KnownProportion', p=0.4))
    assert (found == long_form.label_matrix()).all()
    assert (found == np.where(known, labels, -1)).all()


def test_sample_carries_the_partial_labels(coco):
    config, _ = coco
    dataset = build(dataset=config, known_proportion=0.5)
    assert len(dataset) == 12
    for i in (0, 1, 11):
        sample = dataset[i]
        assert sample['inputs'].shape == (3, 64, 64)
        assert torch.equal(
            sample['data_samples'].gt_score, torch.tensor(dataset.label_matrix()[i]).float()
        )
        assert 'gt_label' not in sample['data_samples']
    assert dataset.get_cat_ids(0) == np.flatnonzero(dataset.label_matrix()[0] == 1).tolist()
    assert dataset.metainfo['classes'] == tuple(CLASSES)


@pytest.mark.parametrize(
    ('known', 'check'),
    [
        (dict(type='KnownPerCategory', number=4), lambda m: ((m >= 0).sum(0) == 4).all()),
        (dict(type='SinglePositive'), lambda m: ((m >= 0).sum(1) <= 1).all() and (m != 0).all()),
    ],
)
def test_other_masks(coco, known, check):
    config, labels = coco
    found = build(dataset=config, known=known).label_matrix()
    assert check(found)
    assert (found[found >= 0] == labels[found >= 0]).all()


def test_label_file(coco, tmp_path):
    config, labels = coco
    known = np.random.default_rng(1).random(labels.shape) < 0.5
    file = tmp_path / 'known.csv'
    np.savetxt(file, np.where(known, np.where(labels == 1, 1, -1), 0), fmt='%d', delimiter=',')
    found = build(dataset=config, known=dict(type='LabelFile', path=str(file))).label_matrix()
    assert (found == np.where(known, labels, -1)).all()


def test_errors_name_argument_and_value(coco):
    config, _ = coco
    with pytest.raises(ValueError, match=r'known_proportion.*1\.5'):
        build(dataset=config, known_proportion=1.5)
    with pytest.raises(ValueError, match='known or its short form known_proportion'):
        build(dataset=config, known_proportion=0.5, known=dict(type='SinglePositive'))
    with pytest.raises(ValueError, match=r"known .* got 'KnownProportoin'"):
        build(dataset=config, known=dict(type='KnownProportoin', p=0.5))
    with pytest.raises(TypeError, match='known .* got 0.5'):
        build(dataset=config, known=0.5)
    with pytest.raises(TypeError, match='dataset'):
        build(dataset=3)


def test_missing_data_names_file_layout_and_source(tmp_path):
    config = dict(type='CocoMultiLabel', data_root=str(tmp_path / 'no'), ann_file='a.json')
    with pytest.raises(FileNotFoundError) as caught:
        build(dataset=config)
    for part in ('a.json', 'instances_{train,val}2014.json', 'cocodataset.org', str(tmp_path)):
        assert part in str(caught.value)


def test_labels_through_mmengine_wrappers(coco):
    config, labels = coco
    repeated = RepeatDataset(DATASETS.build(config), 3)
    assert (get_label_matrix(repeated) == labels).all()
    both = ConcatDataset([DATASETS.build(config), DATASETS.build(config)])
    assert get_label_matrix(both).shape == (24, 3)


def test_voc_difficult_objects_are_negatives(tmp_path):
    from mmpretrain.datasets.categories import VOC2007_CATEGORIES

    labels = random_labels(6, 20)
    labels[1, 4] = 0
    write_voc(tmp_path, 'trainval', labels, list(VOC2007_CATEGORIES), difficult=[(1, 4), (2, 7)])
    dataset = build(dataset=dict(type='VOC', data_root=str(tmp_path), split='trainval'))
    assert (dataset.label_matrix() == labels).all()
    assert (dataset.label_matrix()[1] == 0).all()  # nothing but a difficult object: all absent


def test_own_unknown_labels_stay_unknown():
    class Own:
        metainfo = dict(classes=('a', 'b'))
        pipeline = staticmethod(lambda info: info)

        def full_init(self):
            pass

        def __len__(self):
            return 3

        def get_data_info(self, idx):
            return dict(gt_score=np.array([[1, -1], [0, 1], [-1, -1]][idx]))

    dataset = PartialLabelDataset(Own())
    assert dataset.label_matrix().tolist() == [[1, -1], [0, 1], [-1, -1]]
    assert dataset[1]['gt_score'].tolist() == [0, 1]


def test_wrong_values_are_named():
    class Wrong:
        metainfo = dict(classes=('a', 'b'))

        def full_init(self):
            pass

        def __len__(self):
            return 2

        def get_data_info(self, idx):
            return dict(gt_score=np.array([1.0, 0.5]))

    with pytest.raises(ValueError, match=r'0\.5 in row 0, category 1'):
        PartialLabelDataset(Wrong())


def test_wrapper_holds_a_bit_a_label_beside_the_wrapped_matrix(coco):
    config, labels = coco
    dataset = build(dataset=config, known_proportion=0.5)
    held = [v for v in vars(dataset).values() if isinstance(v, np.ndarray)]
    own = [array for array in held if array is not dataset.dataset.label_matrix()]
    assert sum(array.nbytes for array in own) == len(labels)  # 3 categories fit into a byte
    assert (dataset.label_matrix() >= 0).mean() == KnownProportion(0.5).choose(labels).mean()


def test_broken_voc_annotation_is_named(tmp_path):
    from mmpretrain.datasets.categories import VOC2007_CATEGORIES

    write_voc(tmp_path, 'trainval', random_labels(3, 20), list(VOC2007_CATEGORIES))
    file = tmp_path / 'Annotations/trainval000001.xml'
    config = dict(type='VOC', data_root=str(tmp_path), split='trainval')
    for text in ('<annotation>', '<annotation><object><name>cat</name></object></annotation>'):
        file.write_text(text)
        with pytest.raises(ValueError, match=r'cannot be read .*trainval000001\.xml'):
            build(dataset=config)
