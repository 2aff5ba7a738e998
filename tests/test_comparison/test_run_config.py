import copy

import numpy as np
import pytest
from helpers.features import frozen_config
from mmengine.registry import DefaultScope
from mmpretrain.registry import DATASETS

from dsrb_mm.comparison import Setup, make_comparison, run_config
from dsrb_mm.comparison.run_config import seeded_mask
from dsrb_mm.datasets import KnownProportion, get_label_matrix
from dsrb_mm.sweep import KnownLabels


@pytest.fixture
def cfg(tmp_path):
    cfg = frozen_config(tmp_path, num_train=30)
    cfg.dump(tmp_path / 'linear_p50.py')
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield cfg


def make(cfg, tmp_path, seed=3, mask='KnownProportion:p=0.4', **setup):
    setup = Setup(**dict(dict(budget=20, holdout=0.2), **setup))
    known = [KnownLabels.parse(mask)]
    (run,) = make_comparison([tmp_path / 'linear_p50.py'], known, [seed], tmp_path / 'w', setup)
    return run_config(cfg, run, setup)


def test_one_mask_over_all_images_then_a_part_is_held_out(cfg, tmp_path):
    before = copy.deepcopy(cfg.to_dict())
    made = make(cfg, tmp_path)
    assert cfg.to_dict() == before
    train, held_out = (DATASETS.build(made[f'{s}_dataloader'].dataset) for s in ('train', 'val'))
    assert (len(train), len(held_out)) == (24, 6)
    truth = get_label_matrix(DATASETS.build(cfg.train_dataloader.dataset.dataset))
    known = np.where(KnownProportion(0.4, seed=3).choose(truth), truth, -1)
    rows = [*train._ori_indices, *held_out._ori_indices]
    assert sorted(rows) == list(range(30))
    assert (
        known[rows] == np.concatenate([get_label_matrix(train), get_label_matrix(held_out)])
    ).all()


def test_budget_and_seed(cfg, tmp_path):
    made = make(cfg, tmp_path)  # 24 images in batches of 8
    assert made.train_cfg.max_epochs == 7
    assert made.randomness.seed == 3
    assert made.default_hooks.checkpoint is None and 'resume' not in made.default_hooks


def test_held_out_images_have_no_augmentation(cfg, tmp_path):
    cfg.train_dataloader.dataset.dataset.pipeline.insert(1, dict(type='RandomFlip', prob=0.5))
    made = make(cfg, tmp_path)
    train, val = (made[f'{s}_dataloader'].dataset.dataset.dataset for s in ('train', 'val'))
    assert 'RandomFlip' in str(train.pipeline) and 'RandomFlip' not in str(val.pipeline)
    assert train.ann_file == val.ann_file


@pytest.mark.parametrize(
    ('mask', 'seed'),
    [('SinglePositive', 5), ('KnownProportion:p=0.1,seed=2', 2), ('LabelFile:path=x.npy', None)],
)
def test_masks_take_the_seed_of_the_run_unless_they_have_one(mask, seed):
    assert seeded_mask(KnownLabels.parse(mask), 5).get('seed') == seed
