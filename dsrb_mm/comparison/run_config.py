"""The config of one run of a comparison: mask, held-out part, seed, budget, no checkpoints."""

from __future__ import annotations

import copy
import inspect

from mmengine.config import Config

from dsrb_mm.comparison.plan import Setup
from dsrb_mm.datasets.config_data import test_pipeline
from dsrb_mm.datasets.wrappers import change_innermost
from dsrb_mm.engine.budget import apply_budget
from dsrb_mm.engine.in_memory_runner import in_memory_config
from dsrb_mm.features import is_cached
from dsrb_mm.registry import MASKS
from dsrb_mm.sweep import KnownLabels, Run


def run_config(cfg: Config, run: Run, setup: Setup) -> Config:
    """Config that trains a method under the mask and seed of a run.

    The mask is drawn over all training images, and its seed is that of the run. One part of the
    images is then held out, with the labels that the mask leaves, and takes the place of the
    validation set.

    Args:
        cfg: Config of the method, on cached features or on images.
        run: Mask, seed and folder.
        setup: Budget and held-out share.

    Returns:
        The changed copy.

    Raises:
        ValueError: A config that cannot be trained with a budget.
    """
    cfg = in_memory_config(cfg, run.folder)
    cfg.randomness = dict(cfg.get('randomness') or {}, seed=run.seed)
    masked = cfg.train_dataloader.dataset
    masked.pop('known_proportion', None)
    masked['known'] = seeded_mask(run.known, run.seed)
    cfg.train_dataloader.dataset = _part(masked, setup, run.seed, held_out=False)
    held_out = copy.deepcopy(masked)
    if not is_cached(cfg):  # where every pipeline gives the same features
        steps = test_pipeline(cfg)
        held_out = change_innermost(held_out, lambda inner: inner.update(pipeline=steps))
    held_out['unreadable'] = 'error'
    cfg.val_dataloader.dataset = _part(held_out, setup, run.seed, held_out=True)
    cfg.val_evaluator = dict(type='HeldOutMetric')
    cfg.val_cfg = dict(cfg.get('val_cfg') or {})
    apply_budget(cfg, setup.budget)
    return cfg


def seeded_mask(known: KnownLabels, seed: int) -> dict:
    """The mask with a seed of the run, where it has one and the user has not set it."""
    config = known.config
    if 'seed' in inspect.signature(MASKS.get(config['type'])).parameters:
        config.setdefault('seed', seed)
    return config


def _part(masked: dict, setup: Setup, seed: int, held_out: bool) -> dict:
    return dict(
        type='KFoldDataset',
        dataset=masked,
        num_splits=setup.parts,
        fold=0,
        seed=seed,
        test_mode=held_out,
    )
