"""From a file of labels to a trained model, without a config."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from mmengine.config import Config
from mmengine.device import get_device
from rich.console import Console

from dsrb_mm.apis import MultiLabelInferencer
from dsrb_mm.datasets import import_labels
from dsrb_mm.datasets.config_report import build_reports
from dsrb_mm.datasets.imports import ImportReport
from dsrb_mm.engine.budget import AUTO, apply_budget
from dsrb_mm.engine.checkpoints.checkpoint_reading import guard_checkpoint_loader
from dsrb_mm.engine.hooks.console_hook import quiet_loggers
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.engine.training_checks import check_learnable, data_findings, show_findings
from dsrb_mm.features import refusal, use_cached_features
from dsrb_mm.features.cached_config import FOLDER, stores_of
from dsrb_mm.fileio.atomic import write_atomically
from dsrb_mm.fileio.config_file import write_config_file
from dsrb_mm.workflow.earlier_training import (
    check_free,
    earlier_config,
    has_training,
    remove_checkpoints,
    reserved,
)
from dsrb_mm.workflow.quiet_runner import QuietRunner
from dsrb_mm.workflow.training_config import make_config, name_labels
from dsrb_mm.workflow.work_dir import CONFIG, LABELS, load


def train(
    labels: str | Path,
    work_dir: str | Path = 'work_dirs/dsrb',
    images: str | Path | None = None,
    unknown: str | Path | None = None,
    method: str | None = None,
    recipe: str = AUTO,
    budget: int | str = AUTO,
    ignore_columns: Sequence[str] = (),
    skip_missing: bool = False,
    device: str | None = None,
    seed: int = 0,
    resume: bool = False,
    overwrite: bool = False,
) -> MultiLabelInferencer:
    """Train on a file of partial labels.

    Everything goes into the work directory: ``labels.csv`` (what was read, with a split),
    ``config.py`` (from which ``tools/train.py`` does the same again), logs and checkpoints.

    Args:
        labels: A CSV (path, optionally split, one column per category with 1, 0 or nothing), or
            another format that :func:`dsrb_mm.datasets.import_labels` reads.
        work_dir: Where everything is written.
        images: Folder of the images; None: beside the labels.
        unknown: What an unlisted category means, for formats other than CSV: see
            :func:`dsrb_mm.datasets.import_labels`.
        method: One of :func:`method_names`; None uses the recipe's default (:func:`compose`).
        recipe: ``'frozen'``, ``'fine-tuned'`` (:func:`compose`), or ``'auto'``: fine-tuned on a GPU
            with 5,000 training images or more, else frozen.
        budget: Optimiser steps, or ``'auto'``: by the number of known labels.
        ignore_columns: Columns of a CSV that are not categories.
        skip_missing: Whether missing images are left out.
        device: ``'cpu'`` or ``'cuda'``; None is the GPU if there is one. Where there is one,
            ``'cpu'`` takes ``CUDA_VISIBLE_DEVICES=-1`` in the environment.
        seed: Of split, weights and order of images.
        resume: Whether to resume the training in the work directory from its last checkpoint, with
            the same labels and settings. The result is that of an uninterrupted training. Without a
            checkpoint, training starts from the beginning.
        overwrite: Whether the checkpoints of an earlier training are removed.

    Returns:
        The trained model, as :func:`load` gives it.

    Raises:
        ValueError: Wrong labels or settings, or ones that differ from those of the training to
            resume.
        FileNotFoundError: Labels or images are missing.
        FileExistsError: The work directory holds a training, and neither ``resume`` nor
            ``overwrite`` is set.
        BlockingIOError: Another training is at work in it.

    Example:
        >>> model = dsrb_mm.train('photos/labels.csv')
        >>> model('new.jpg')[0]['pred_classes']
        ['dog', 'grass']
    """
    work_dir = Path(work_dir)
    if resume and overwrite:
        raise ValueError('expected resume or overwrite, but got both')
    if device is not None and torch.device(device).type != get_device():
        if get_device() == 'cpu':
            raise ValueError(
                f'expected to train on {device}, but PyTorch finds no such device here'
            )
        raise ValueError(
            f'expected to train on {device}, but MMEngine trains on {get_device()} here: it takes '
            'the GPU that it sees (CUDA_VISIBLE_DEVICES), which --device of dsrb changes'
        )
    with reserved(work_dir):
        goes_on = resume and has_training(work_dir)
        if not goes_on:
            check_free(work_dir, overwrite)
        console = Console(highlight=False, markup=False)
        with TemporaryDirectory() as temporary:
            report = import_into(
                *(Path(temporary), labels, images, unknown),
                ignore_columns=ignore_columns,
                skip_missing=skip_missing,
                seed=seed,
            )
            cfg = make_config(report, method, recipe, device, seed)
            reports = build_reports(cfg)
            check_learnable(reports)
            problems, notes = data_findings(cfg, reports)
            if method is None and not report.counts['absent'].any():
                notes.append(
                    'no label is known to be absent: unknown ones count as absent, in training '
                    'and in validation'
                )
            show_findings(console, [*report.notes, *report.as_read(notes, labels)], problems)
            apply_budget(cfg, budget)
            if goes_on:
                name_labels(cfg, work_dir / LABELS)
                cfg = earlier_config(cfg, report.out, work_dir)
            ready = _made_ready(cfg, console)
            # An earlier training stays whole until nothing but the training itself can fail.
            if not goes_on:
                remove_checkpoints(work_dir)
                write_atomically(work_dir / LABELS, report.out.read_bytes())
                name_labels(cfg, work_dir / LABELS)
                name_labels(ready, work_dir / LABELS)
                # Without the folder: a config that inherits this one must not train in it.
                write_config_file(cfg, work_dir / CONFIG)
        ready.work_dir = str(work_dir)
        if goes_on:
            ready.resume = True
        QuietRunner.from_cfg(ready).train()
    return load(work_dir, device)


def import_into(
    folder: Path,
    labels: str | Path,
    images: str | Path | None = None,
    unknown: str | Path | None = None,
    **options: Any,
) -> ImportReport:
    """Import labels into ``labels.csv`` of a folder; the images stay where they are.

    Args:
        folder: Created if missing; an existing ``labels.csv`` is replaced.
        labels: See :func:`train`.
        images: See :func:`train`.
        unknown: See :func:`train`.
        **options: Of :func:`dsrb_mm.datasets.import_labels`.
    """
    labels = Path(labels)
    beside = labels if labels.is_dir() else labels.parent
    return import_labels(
        *(labels, folder / LABELS),
        unknown=unknown,
        image_root=images,
        relative_to=(beside if images is None else Path(images)).absolute(),
        overwrite=True,
        **options,
    )


def _made_ready(cfg: Config, console: Console) -> Config:
    """The config that is trained: of a frozen backbone, on features that are computed here."""
    guard_checkpoint_loader()
    quiet_loggers()
    if refusal(cfg) is None:
        # Before the work: where there is no progress bar, minutes would pass without a word.
        console.print(f'features of the images are computed once, into {FOLDER}', soft_wrap=True)
        ready = use_cached_features(cfg)
        size = sum(file.stat().st_size for file in stores_of(ready)) / 1e6
        console.print(f'features: {size:,.0f} MB, which may be removed after use', soft_wrap=True)
    else:
        ready = copy.deepcopy(cfg)
    complete_model(ready)
    return ready
