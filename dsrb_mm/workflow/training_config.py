"""The config of a training on imported labels."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from mmengine.config import Config

from dsrb_mm.datasets.imports import ImportReport
from dsrb_mm.engine.budget import AUTO
from dsrb_mm.workflow.recipes import compose

# From this number of images on, a GPU trains the whole network.
_FINE_TUNED_FROM = 5_000


def make_config(
    report: ImportReport,
    method: str | None = None,
    recipe: str = AUTO,
    device: str | None = None,
    seed: int = 0,
    val: str = 'val',
) -> Config:
    """Make the config of a training on imported labels; see :func:`train` for the arguments.

    Args:
        report: What was imported.
        method: See :func:`train`, as are recipe, device and seed.
        recipe: See there.
        device: See there.
        seed: See there.
        val: Split whose images validate.

    Raises:
        ValueError: Wrong settings, or labels without a split ``train`` or ``val``.
    """
    for split in ('train', val):
        if not report.splits.get(split):
            raise ValueError(
                f'expected the labels to have images of split {split!r}, but got {report.splits}'
            )
    on_gpu = torch.cuda.is_available() if device is None else device.startswith('cuda')
    if recipe == AUTO:
        large = report.splits['train'] >= _FINE_TUNED_FROM
        recipe = 'fine-tuned' if on_gpu and large else 'frozen'
    only_present = not report.counts['absent'].any()
    cfg = compose(recipe, method, only_present)
    if only_present:
        # Among known labels any ranking would be perfect.
        cfg.val_evaluator.type = cfg.test_evaluator.type = 'HeldOutMetric'
    test = 'test' if report.splits.get('test') else val
    read_labels(cfg, report.out, report.image_root, train='train', val=val, test=test)
    workers = min(4, max(1, (os.cpu_count() or 1) - 1))
    for loader in ('train', 'val', 'test'):
        cfg[f'{loader}_dataloader'].num_workers = workers
    cfg.default_hooks.console = dict(type='ConsoleHook')
    cfg.randomness.seed = seed
    return cfg


def read_labels(cfg: Config, file: Path, images: str | Path, **splits: str) -> None:
    """Make the data loaders of a config read an imported CSV.

    Args:
        cfg: Changed in place.
        file: The CSV.
        images: Folder that its paths are relative to.
        **splits: What ``train``, ``val`` and ``test`` read.
    """
    data = dict(
        type='CSVMultiLabel',
        data_root=str(Path(images).absolute()),
        ann_file=str(file.absolute()),
        data_prefix=dict(img_path=''),
        split_column='split',
    )
    for loader, split in splits.items():
        cfg[f'{loader}_dataloader'].dataset.dataset.update(data, split=split)


def name_labels(cfg: Config, file: Path) -> None:
    """Make the data loaders of a config read a copy of their CSV."""
    for loader in ('train', 'val', 'test'):
        cfg[f'{loader}_dataloader'].dataset.dataset.ann_file = str(file.absolute())
