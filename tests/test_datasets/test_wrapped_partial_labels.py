"""PartialLabelDataset around, and inside, datasets that join and repeat others."""

import warnings

import numpy as np
import pytest
from helpers.data import random_labels, write_coco
from mmengine.dataset import BaseDataset
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmpretrain.registry import DATASETS
from torch.utils.data import ConcatDataset as TorchConcatDataset

from dsrb_mm.datasets import PartialLabelDataset, get_indexed_label_matrix, get_label_matrix
from dsrb_mm.datasets.masks import KnownProportion

CLASSES = ['cat', 'dog', 'bird']
PIPELINE = [dict(type='LoadImageFromFile'), dict(type='PackInputs')]


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield


@pytest.fixture
def parts(tmp_path):
    """Configs of two datasets, and their labels."""
    labels = [random_labels(7, 3), random_labels(4, 3, seed=1)]
    configs = []
    for split, matrix in zip(('one', 'two'), labels, strict=True):
        write_coco(tmp_path, split, matrix, CLASSES)
        configs.append(
            dict(
                type='CocoMultiLabel',
                data_root=str(tmp_path),
                ann_file=f'annotations/instances_{split}.json',
                data_prefix=dict(img_path=split),
                pipeline=PIPELINE,
            )
        )
    return configs, labels


def partial(dataset, **kwargs):
    return dict(type='PartialLabelDataset', known_proportion=0.5, dataset=dataset, **kwargs)


def load(dataset):
    """All samples by a shuffling data loader with workers, as training sees them."""
    loader = dict(
        batch_size=3,
        num_workers=2,
        sampler=dict(type='DefaultSampler', shuffle=True),
        collate_fn=dict(type='default_collate'),
        dataset=dataset,
    )
    batches = Runner.build_dataloader(loader, seed=0)
    return [sample for batch in batches for sample in batch['data_samples']]


def check(dataset, expected):
    """Every sample has the labels, the file and the index of its image; returns the indices."""
    matrix = get_indexed_label_matrix(dataset)
    assert (matrix == expected).all()
    samples = load(dataset)
    assert len(samples) == len(dataset)
    files = {}
    for sample in samples:
        assert sample.gt_score.tolist() == matrix[sample.sample_idx].tolist()
        assert files.setdefault(sample.sample_idx, sample.img_path) == sample.img_path
    assert sorted(files) == list(range(len(matrix)))  # every image, and each has its own row
    assert len(set(files.values())) == len(matrix)
    return sorted(sample.sample_idx for sample in samples)


def hidden(labels):
    return np.where(KnownProportion(0.5).choose(labels), labels, -1)


def test_around_one_dataset(parts):
    configs, labels = parts
    assert check(DATASETS.build(partial(configs[0])), hidden(labels[0])) == list(range(7))


def test_around_a_concatenation(parts):
    configs, labels = parts
    joined = dict(type='ConcatDataset', datasets=configs)
    both = np.concatenate(labels)
    dataset = DATASETS.build(partial(joined))
    assert check(dataset, hidden(both)) == list(range(11))
    assert dataset[-1]['data_samples'].sample_idx == 10
    built = TorchConcatDataset([DATASETS.build(config) for config in configs])
    dataset = PartialLabelDataset(built, known_proportion=0.5)
    assert check(dataset, hidden(both)) == list(range(11))
    assert dataset.metainfo['classes'] == tuple(CLASSES)


def test_around_repeats_the_same_labels_of_an_image_are_hidden_each_time(parts):
    configs, labels = parts
    dataset = DATASETS.build(partial(dict(type='RepeatDataset', times=3, dataset=configs[0])))
    assert len(dataset) == 21 and dataset.label_matrix().shape == (7, 3)
    assert check(dataset, hidden(labels[0])) == sorted([*range(7)] * 3)
    for i in range(7):
        assert dataset.get_cat_ids(i) == dataset.get_cat_ids(i + 14)


def test_around_repeats_in_a_concatenation(parts):
    configs, labels = parts
    repeated = dict(type='RepeatDataset', times=2, dataset=configs[1])
    dataset = DATASETS.build(partial(dict(type='ConcatDataset', datasets=[configs[0], repeated])))
    expected = [*range(7), *sorted([*range(7, 11)] * 2)]
    assert check(dataset, hidden(np.concatenate(labels))) == expected


def test_around_a_fold(parts):
    configs, labels = parts
    fold = dict(type='KFoldDataset', fold=1, num_splits=3, dataset=configs[0])
    rows = [0, 1, 4, 5, 6]
    assert check(DATASETS.build(partial(fold)), hidden(labels[0][rows])) == [*range(5)]


def test_around_a_class_balanced_dataset(parts):
    configs, labels = parts
    balanced = dict(type='ClassBalancedDataset', oversample_thr=0.9, dataset=configs[0])
    with pytest.warns(UserWarning, match='labels that are hidden'):
        dataset = DATASETS.build(partial(balanced))
    indices = check(dataset, hidden(labels[0]))
    assert indices == sorted(dataset.dataset.repeat_indices) and len(indices) > 7
    with warnings.catch_warnings():  # nothing is hidden: nothing to warn about
        warnings.simplefilter('error')
        DATASETS.build(dict(type='PartialLabelDataset', dataset=balanced))


@pytest.mark.parametrize(
    'wrapper',
    [
        dict(type='ClassBalancedDataset', oversample_thr=0.9),
        dict(type='RepeatDataset', times=2),
        dict(type='ConcatDataset'),
    ],
)
def test_inside_other_wrappers(parts, wrapper):
    configs, labels = parts
    inner = partial(configs[0])
    key, value = ('datasets', [inner]) if 'Concat' in wrapper['type'] else ('dataset', inner)
    check(DATASETS.build({**wrapper, key: value}), hidden(labels[0]))


def test_balancing_outside_counts_known_labels_only(parts):
    configs, _ = parts
    config = dict(type='ClassBalancedDataset', oversample_thr=0.9, dataset=partial(configs[0]))
    dataset = DATASETS.build(config)
    known = get_label_matrix(dataset) == 1
    frequency = known.mean(0)
    for i, row in enumerate(known):
        factor = max([1.0, *np.sqrt(0.9 / frequency[row])])
        assert dataset.repeat_indices.count(i) == np.ceil(factor)


def test_indices_of_joined_partial_datasets_would_collide(parts):
    configs, _ = parts
    dataset = DATASETS.build(
        dict(type='ConcatDataset', datasets=[partial(config) for config in configs])
    )
    assert get_label_matrix(dataset).shape == (11, 3)
    with pytest.raises(ValueError, match='inside one PartialLabelDataset'):
        get_indexed_label_matrix(dataset)


def test_nested_masks(parts):
    configs, labels = parts
    joined = dict(type='ConcatDataset', datasets=[partial(configs[0]), configs[1]])
    dataset = DATASETS.build(dict(type='PartialLabelDataset', dataset=joined))
    check(dataset, np.concatenate([hidden(labels[0]), labels[1]]))


def test_indices_of_a_subset(parts):
    configs, labels = parts
    dataset = DATASETS.build(partial({**configs[0], 'indices': [5, 2, 3]}))
    assert check(dataset, hidden(labels[0][[5, 2, 3]])) == [0, 1, 2]


def test_the_index_survives_other_meta_keys(parts):
    configs, _ = parts
    pipeline = [PIPELINE[0], dict(type='PackInputs', meta_keys=('img_path',))]
    dataset = DATASETS.build(partial({**configs[0], 'pipeline': pipeline}))
    assert [dataset[i]['data_samples'].sample_idx for i in range(7)] == list(range(7))


def test_other_categories_in_a_concatenation(parts, tmp_path):
    configs, labels = parts
    write_coco(tmp_path, 'two', labels[1], ['bird', 'cat', 'dog'])
    built = TorchConcatDataset([DATASETS.build(config) for config in configs])
    with pytest.raises(ValueError, match='in dataset 1'):
        PartialLabelDataset(built)


def test_missing_data_inside_a_concatenation(parts):
    configs, _ = parts
    lost = dict(configs[1], data_root='nowhere')
    with pytest.raises(FileNotFoundError, match='Expected layout') as caught:
        DATASETS.build(partial(dict(type='ConcatDataset', datasets=[configs[0], lost])))
    assert 'nowhere/train2014' in str(caught.value) and 'COCO_ROOT' in str(caught.value)


def test_skipping_is_refused_if_any_part_is_for_evaluation(parts):
    configs, _ = parts
    joined = dict(type='ConcatDataset', datasets=[configs[0], dict(configs[1], test_mode=True)])
    with pytest.raises(ValueError, match="unreadable to be 'error'"):
        DATASETS.build(partial(joined, unreadable='skip'))


def test_folds_outside_split_what_is_known(parts):
    """A mask over all images, of which one part is held out: sizes, labels and rows agree."""
    (config, _), (labels, _) = parts
    known = hidden(labels)
    found = []
    for test_mode in (False, True):
        dataset = DATASETS.build(
            dict(
                type='KFoldDataset',
                dataset=partial(config),
                num_splits=3,
                seed=1,
                test_mode=test_mode,
            )
        )
        check(dataset, known[dataset._ori_indices])
        found += dataset._ori_indices
    assert sorted(found) == list(range(len(labels)))


def test_a_part_is_not_mixed_up_with_what_was_copied_before(parts, monkeypatch):
    """MMEngine's copies of datasets are kept by id, and an id may come again."""
    dataset = DATASETS.build(partial(parts[0][0]))
    kept = BaseDataset._copy_without_annotation.__defaults__[0]
    for transform in dataset.dataset.pipeline.transforms:
        monkeypatch.setitem(kept, id(transform), 'a copy of what had this id')
    part = dataset.get_subset([2, 0])
    assert [part[i]['data_samples'].img_path for i in range(2)] == [
        dataset[i]['data_samples'].img_path for i in (2, 0)
    ]
    assert len(part) == 2 and len(dataset) == 7


def test_a_part_of_joined_datasets_is_refused(parts):
    joined = PartialLabelDataset(dict(type='ConcatDataset', datasets=parts[0]))
    with pytest.raises(TypeError, match='ConcatDataset'):
        joined.get_subset([0, 1])
