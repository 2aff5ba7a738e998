import copy

import numpy as np
import pytest
from mmengine.dataset import ClassBalancedDataset, ConcatDataset, RepeatDataset
from mmpretrain.datasets import MultiLabelDataset
from torch.utils.data import ConcatDataset as TorchConcatDataset
from torch.utils.data import Subset

from dsrb_mm.datasets import PartialLabelDataset
from dsrb_mm.datasets.wrappers import (
    change_innermost,
    image_rows,
    inner_datasets,
    innermost_configs,
    innermost_datasets,
    num_images,
    walk_configs,
    walk_datasets,
)


class Images(MultiLabelDataset):
    """Images that have one category each."""

    METAINFO = dict(classes=('a', 'b', 'c'))

    def __init__(self, *categories):
        self.categories = categories
        super().__init__(ann_file='')

    def load_data_list(self):
        return [dict(img_path=f'{i}.jpg', gt_label=[c]) for i, c in enumerate(self.categories)]


def test_walks_in_order():
    first, second = Images(0, 1), Images(2)
    concat = ConcatDataset([first, second])
    repeat = RepeatDataset.__new__(RepeatDataset)
    repeat.dataset = concat
    assert inner_datasets(first) == [] and inner_datasets(concat) == [first, second]
    assert list(walk_datasets(repeat)) == [repeat, concat, first, second]
    assert innermost_datasets(repeat) == [first, second] and num_images(repeat) == 3


def test_a_dataset_that_only_has_an_attribute_of_that_name():
    images = Images(0)
    images.dataset = 'a name'
    assert innermost_datasets(images) == [images]


def test_rows_of_repeated_and_joined_images():
    images = Images(0, 0, 1)
    assert list(image_rows(images)) == [0, 1, 2]
    assert list(image_rows(PartialLabelDataset(images))) == [0, 1, 2]
    assert list(image_rows(RepeatDataset(images, 2))) == [0, 1, 2, 0, 1, 2]
    balanced = ClassBalancedDataset(images, 1.0)
    assert list(image_rows(balanced)) == balanced.repeat_indices
    assert len(balanced) > 3
    for concat in (ConcatDataset, TorchConcatDataset):
        joined = PartialLabelDataset(concat([images, Images(2), images]))
        assert list(image_rows(joined)) == [0, 1, 2, 3, 4, 5, 6]
    repeat = RepeatDataset(images, 2)
    assert list(image_rows(TorchConcatDataset([repeat, Images(2, 2)]))) == [0, 1, 2, 0, 1, 2, 3, 4]


def test_a_wrapper_whose_samples_cannot_be_traced():
    with pytest.raises(TypeError, match='but got Subset'):
        image_rows(Subset(Images(0, 1), [1]))


CONFIG = dict(
    type='RepeatDataset',
    times=2,
    dataset=dict(
        type='ConcatDataset',
        datasets=[
            dict(type='A', pipeline=[1]),
            dict(type='PartialLabelDataset', dataset=dict(type='B', dataset='a name')),
        ],
    ),
)


def test_walks_through_configs():
    names = ['RepeatDataset', 'ConcatDataset', 'A', 'PartialLabelDataset', 'B']
    assert [config['type'] for config in walk_configs(CONFIG)] == names
    assert [config['type'] for config in innermost_configs(CONFIG)] == ['A', 'B']
    assert innermost_configs(dict(type='A', datasets=None)) == [dict(type='A', datasets=None)]


def test_changes_the_innermost_configs_of_a_copy():
    before = copy.deepcopy(CONFIG)
    changed = change_innermost(CONFIG, lambda inner: inner.update(pipeline=[2]))
    assert before == CONFIG
    assert [config['pipeline'] for config in innermost_configs(changed)] == [[2], [2]]
    assert changed['times'] == 2 and 'pipeline' not in changed['dataset']


def test_rows_take_no_memory_without_repeats():
    assert not isinstance(image_rows(PartialLabelDataset(Images(0, 1))), np.ndarray)
