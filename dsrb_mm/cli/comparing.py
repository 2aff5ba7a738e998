"""What ``dsrb compare`` does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from dsrb_mm.cli.command_settings import WRONG_INPUT, quiet_console
from dsrb_mm.cli.errors import clear_errors
from dsrb_mm.comparison import Comparison, Setup, make_comparison, write_comparison
from dsrb_mm.datasets.imports import ImportReport
from dsrb_mm.features.cached_config import FOLDER
from dsrb_mm.fileio.atomic import write_atomically
from dsrb_mm.fileio.config_file import write_config_file
from dsrb_mm.sweep import KnownLabels, Run, locked
from dsrb_mm.workflow import has_training, import_into, make_config
from dsrb_mm.workflow.work_dir import LABELS

_INTERRUPTED = (
    'interrupted: the same command goes on with the next run; features that were not complete are '
    'computed anew'
)


def compare_command(
    labels: Path,
    methods: Sequence[str],
    work_dir: Path,
    images: Path | None,
    unknown: str | None,
    ignored: tuple[str, ...],
    proportions: Sequence[float],
    masks: Sequence[str],
    seeds: int,
    budget: int | str,
) -> None:
    """Train methods on the same labels, and compare them on the same test or validation images."""
    console = quiet_console()
    failed: dict[Path, str] = {}
    with clear_errors(*WRONG_INPUT):
        if has_training(work_dir):  # whose labels.csv would be replaced
            raise FileExistsError(f'{work_dir} holds a training; use --work-dir for another folder')
        files = [method for method in methods if Path(method).suffix]
        if files:
            raise ValueError(f'{files[0]} is not a method; tools/compare.py compares configs')
        # Nothing is written before everything is known to be right.
        known = [*map(KnownLabels.of_proportion, proportions), *map(KnownLabels.parse, masks)]
        for mask in known:
            mask.check()
        setup = Setup(budget)
        with TemporaryDirectory() as temporary:
            options: dict[str, Any] = dict(images=images, unknown=unknown, ignore_columns=ignored)
            report = _import(Path(temporary), labels, **options)
            table = report.out.read_bytes()
        report = replace(report, out=work_dir / LABELS)
        judged = 'test' if report.splits.get('test') else 'val'
        configs = {
            work_dir / 'configs' / f'{method}.py': make_config(report, method, val=judged)
            for method in methods
        }
        with locked(work_dir):
            _check_same_labels(report.out, table)
            write_atomically(report.out, table)
            (work_dir / 'configs').mkdir(exist_ok=True)
            for file, cfg in configs.items():
                cfg.default_hooks.pop('console')
                write_config_file(cfg, file)
            runs = make_comparison([*configs], known, range(seeds), work_dir, setup)
            _announce(console, report, judged)
            try:
                failed = Comparison(runs, setup).carry_out(console)
            except KeyboardInterrupt:
                sys.exit(_INTERRUPTED)
            _show(console, runs, setup, work_dir, methods[0])
    for folder, message in failed.items():
        console.print(f'{folder} failed: {message}', soft_wrap=True)
    if failed:
        raise SystemExit(f'{len(failed)} of {len(runs)} runs failed')


def _import(folder: Path, labels: Path, **options: Any) -> ImportReport:
    """Import labels; where they have test images, none are drawn for validation."""
    report = import_into(folder, labels, **options)
    return import_into(folder, labels, val=0.0, **options) if report.splits.get('test') else report


def _check_same_labels(file: Path, table: bytes) -> None:
    """Refuse to compare on other labels than the runs of a folder were trained on."""
    began = any(file.parent.glob('*/*/run.json'))
    if began and file.is_file() and file.read_bytes() != table:
        raise ValueError(
            f'expected {file.parent} to hold a comparison on these labels, but got one on others '
            f'({file}): use --work-dir for another folder, or remove it'
        )


def _announce(console: Console, report: ImportReport, judged: str) -> None:
    counts = {name or 'without a split': count for name, count in report.splits.items()}
    unused = [f'{counts[name]:,} {name}' for name in counts if name not in ('train', judged)]
    console.print(
        f'training on {counts["train"]:,} images, a fifth of which chooses the epoch; tested on '
        f'{counts[judged]:,} ({judged}){"; not used: " if unused else ""}{", ".join(unused)}',
        soft_wrap=True,
    )
    for note in report.notes:
        console.print(f'note: {note}', soft_wrap=True)
    console.print(f'features of frozen backbones are computed once, into {FOLDER}', soft_wrap=True)


def _show(
    console: Console, runs: Sequence[Run], setup: Setup, work_dir: Path, baseline: str
) -> None:
    console.print(write_comparison(runs, setup, work_dir, baseline), soft_wrap=True)
    console.print(f'{work_dir}: results.md, results.csv, map.png', soft_wrap=True)
