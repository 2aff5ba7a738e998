from collections import OrderedDict

import pytest
from helpers.data import random_labels, write_coco
from mmengine.registry import DefaultScope

from dsrb_mm.datasets.building import build_dataset, build_mask
from dsrb_mm.datasets.masks import KnownProportion, SinglePositive


def test_wrappers_are_built_without_a_default_scope(tmp_path, monkeypatch):
    write_coco(tmp_path, 'train', random_labels(5, 3), ['a', 'b', 'c'])
    inner = dict(
        type='CocoMultiLabel',
        data_root=str(tmp_path),
        ann_file='annotations/instances_train.json',
    )
    monkeypatch.setattr(DefaultScope, '_instance_dict', OrderedDict())
    assert len(build_dataset(dict(type='RepeatDataset', times=2, dataset=inner))) == 10


def test_types_inside_wrappers_are_checked():
    inner = dict(type='CocoMultiLable')
    with pytest.raises(ValueError, match="dataset .* got 'CocoMultiLable'"):
        build_dataset(dict(type='RepeatDataset', times=2, dataset=inner))
    with pytest.raises(TypeError, match='a config or a dataset'):
        build_dataset([inner])


def test_masks():
    assert build_mask(None) is None
    assert build_mask(None, 0.5).p == 0.5
    assert isinstance(build_mask(dict(type=SinglePositive)), SinglePositive)
    mask = KnownProportion(0.5)
    assert build_mask(mask) is mask
    with pytest.raises(TypeError, match='but got type None'):
        build_mask(dict(p=0.5))
