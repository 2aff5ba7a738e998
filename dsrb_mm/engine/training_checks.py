"""What would stop a training, or spoil it, said before it starts."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.device import get_device
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpretrain.registry import MODELS
from rich.console import Console

from dsrb_mm.datasets.config_report import leaks, model_problems, unread_rows
from dsrb_mm.datasets.data_report import DataReport
from dsrb_mm.engine.budget import no_batch
from dsrb_mm.engine.checkpoints.checkpoint_reading import load_plain_checkpoint
from dsrb_mm.engine.checkpoints.checkpoint_weights import checkpoint_classes
from dsrb_mm.engine.config_keys import unread_keys
from dsrb_mm.engine.hooks.category_check_hook import compare_word_vectors
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.engine.quiet_building import quiet_building
from dsrb_mm.models.model_sizes import wrong_channels
from dsrb_mm.words.categories import compare_categories
from dsrb_mm.words.word_vectors import load_word_vectors


def check_batches(runner: Runner) -> None:
    """Check that an epoch has a batch; MMEngine fails without saying why.

    Args:
        runner: With its training loop built.

    Raises:
        ValueError: ``drop_last`` leaves none.
    """
    loader = runner.train_dataloader
    if len(loader) == 0:
        raise ValueError(no_batch(len(loader.dataset), loader.batch_size))


def check_precision(cfg: Config) -> None:
    """Check that automatic mixed precision is asked for where MMEngine has it.

    Args:
        cfg: Config of a training or a test.

    Raises:
        ValueError: ``AmpOptimWrapper`` without an accelerator.
    """
    wrapper = str((cfg.get('optim_wrapper') or {}).get('type'))
    if wrapper.endswith('AmpOptimWrapper') and get_device() == 'cpu':
        raise ValueError(
            'mixed precision (--amp, optim_wrapper.type=AmpOptimWrapper) trains on a GPU, '
            'and there is none; on a CPU train without it: optim_wrapper.type=OptimWrapper'
        )


def data_findings(cfg: Config, reports: Sequence[DataReport]) -> tuple[list[str], list[str]]:
    """What is wrong with a config and its data, and what may be a mistake.

    Args:
        cfg: The config.
        reports: What :func:`build_reports` gave for it.

    Returns:
        Problems and notes, one line each.
    """
    problems = [line for report in reports for line in report.problems()]
    problems += [*leaks(reports), *model_problems(cfg, reports), *config_problems(cfg, reports)]
    return problems, [line for report in reports for line in report.notes()] + unread_rows(reports)


def show_findings(console: Console, notes: Iterable[str], problems: Iterable[str]) -> None:
    """Print notes and problems."""
    for kind, style, lines in (('note', 'yellow', notes), ('problem', 'red', problems)):
        for line in lines:
            console.print(f'{kind}: {line}', style=style, soft_wrap=True)


def check_learnable(reports: Sequence[DataReport]) -> None:
    """Check that a training set teaches something.

    Raises:
        ValueError: No label of it is known to be present.
    """
    for report in reports:
        if report.split == 'train' and report.nothing_known:
            raise ValueError(f'{report.nothing_known} in the training set')


def config_problems(cfg: Config, reports: Sequence[DataReport]) -> list[str]:
    """What in a config does not fit its data, or does nothing; one line each.

    Args:
        cfg: The config.
        reports: What :func:`build_reports` gave for it.

    Example:
        >>> config_problems(cfg, build_reports(cfg))
        ['nothing reads load_form; did you mean load_from?']
    """
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')
    found = unread_keys(cfg)
    found += [
        f'expected model.{key} to be {expected}, the channels that come in, but got {stated}'
        for key, (stated, expected) in wrong_channels(cfg.get('model') or {}).items()
    ]
    for check in _checks(cfg, reports):
        try:
            check()
        except (ValueError, TypeError, OSError) as error:
            found.append(str(error))
    return found


def _checks(cfg: Config, reports: Sequence[DataReport]) -> Iterator[Callable[[], Any]]:
    first, *others = reports
    for report in others:
        names = (f'the {first.split} set', first.classes, f'the {report.split} set')
        yield partial(compare_categories, *names, report.classes)
    source = ((cfg.get('model') or {}).get('neck') or {}).get('word_vectors')
    if source is not None:
        yield lambda: load_word_vectors(source, len(first.classes))
        yield lambda: compare_word_vectors(source, first.classes)
    if cfg.get('load_from') and '://' not in str(cfg.load_from):
        yield lambda: _compare_checkpoint(cfg.load_from, first)
    if first.split == 'train':
        yield lambda: _check_batch(cfg, first)
    if 'type' in (cfg.get('model') or {}):
        yield lambda: _build_model(cfg, first.classes)


def _build_model(cfg: Config, classes: Sequence[str]) -> None:
    """Without weights: what is wrong shows in the arguments of its parts."""
    cfg = copy.deepcopy(cfg)
    try:
        with quiet_building():
            complete_model(cfg, classes)
            MODELS.build(cfg.model)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f'the model cannot be built: {error.args[0]}') from error


def _compare_checkpoint(path: str | Path, report: DataReport) -> None:
    content = load_plain_checkpoint(path)
    classes = checkpoint_classes(content) if isinstance(content, dict) else ()
    if classes:
        compare_categories(f'load_from={path}', classes, f'the {report.split} set', report.classes)


def _check_batch(cfg: Config, report: DataReport) -> None:
    loader = cfg.train_dataloader
    batch = loader.get('batch_size') or (loader.get('batch_sampler') or {}).get('batch_size')
    number = len(report.paths) if report.dataset is None else len(report.dataset)
    if batch and loader.get('drop_last') and number < batch:
        raise ValueError(no_batch(number, batch))
