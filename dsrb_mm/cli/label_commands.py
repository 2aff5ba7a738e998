"""What the commands of ``dsrb`` that are about labels do; a function per command."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dsrb_mm.annotation import ask
from dsrb_mm.cli.command_settings import WRONG_INPUT, quiet_console
from dsrb_mm.cli.completing import CompletionFiles, fill_in_labels
from dsrb_mm.cli.data_findings import show_data
from dsrb_mm.cli.errors import clear_errors
from dsrb_mm.completion import TrustRule
from dsrb_mm.datasets import import_labels
from dsrb_mm.datasets.config_files import files_of_config
from dsrb_mm.engine.training_checks import show_findings
from dsrb_mm.features import cached_where_possible
from dsrb_mm.workflow import find_checkpoint, find_config, import_into, make_config
from dsrb_mm.workflow.work_dir import read_config


def complete_command(
    work_dir: Path,
    files: dict[str, Any],
    precision: float,
    scores_in: Path | None,
    overwrite: bool,
    device: str | None,
) -> None:
    """Fill in missing training labels, show how many, and rank what is left.

    The features that training has kept of a frozen backbone are read again.
    """
    console = quiet_console()
    with clear_errors(*WRONG_INPUT):
        outputs = CompletionFiles(**files)
        rule = TrustRule(precision)
        config, checkpoint = find_config(work_dir), find_checkpoint(work_dir)
        cfg = read_config(work_dir)
        inputs = files_of_config(cfg)
        if scores_in is None:
            cfg = cached_where_possible(cfg)
        fill_in_labels(
            cfg,
            checkpoint,
            rule,
            outputs,
            dict(config=str(config), checkpoint=str(checkpoint)),
            console,
            device=device,
            scores_in=scores_in and str(scores_in),
            inputs=inputs,
            overwrite=overwrite,
        )
    if outputs.ranking is not None:
        console.print('next:')
        console.print(f'  dsrb ask {work_dir} {outputs.ranking} --out review.html', soft_wrap=True)


def ask_command(
    work_dir: Path,
    ranking: Path,
    out: Path,
    images: Path | None,
    to: str,
    limit: int,
    overwrite: bool,
) -> None:
    """Write the questions of a ranking, and say how the answers come back."""
    console = quiet_console()
    with clear_errors(*WRONG_INPUT):
        data = read_config(work_dir).train_dataloader.dataset.dataset
        root = images or Path(data.data_root)
        questions = ask(
            *(ranking, root, out, to, limit or None),
            checkpoint=find_checkpoint(work_dir),
            overwrite=overwrite,
        )
    shown = len({question.path for question in questions})
    console.print(f'{out}: {len(questions)} questions about {shown} images', soft_wrap=True)
    answers, unknown = _ANSWERS[to]
    if to == 'page':
        console.print(f'open {out} in a browser; it saves answers.csv', soft_wrap=True)
    console.print('the answers come back by:')
    console.print(
        f'  dsrb import {answers} --images {root} --add-to LABELS.csv --out NEW.csv'
        + unknown.format(ranking=ranking),
        soft_wrap=True,
    )


# The file of answers, and what it means that a category is not in it.
_ANSWERS = {
    'page': ('answers.csv', ''),
    'label-studio': ('EXPORT.json', ' --unknown unlisted'),
    'fiftyone': ('LABELS.json', ' --unknown {ranking}'),
}


def check_command(
    labels: Path,
    images: Path | None,
    unknown: str | None,
    ignored: tuple[str, ...],
    skip_missing: bool,
    decode: bool,
) -> None:
    """Count what a training would see, and say what is wrong with it; exit code 1 if something."""
    console = quiet_console()
    with clear_errors(*WRONG_INPUT), TemporaryDirectory() as folder:
        report = import_into(
            *(Path(folder), labels, images, unknown),
            ignore_columns=ignored,
            skip_missing=skip_missing,
        )
        problems, notes = show_data(make_config(report, device='cpu'), console, decode)
    show_findings(console, [*report.notes, *report.as_read(notes, labels)], problems)
    if problems:
        raise SystemExit(1)


def import_command(labels: Path, out: Path, **options: Any) -> None:
    """Turn labels of another format into a CSV, or add them to one."""
    console = quiet_console()
    with clear_errors(*WRONG_INPUT):
        console.print(str(import_labels(labels, out, **options)))
