"""What ``dsrb thresholds`` does."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from rich.table import Table

from dsrb_mm.arguments import read_probability
from dsrb_mm.calibration import NEVER, Calibration
from dsrb_mm.cli.command_settings import WRONG_INPUT, quiet_console
from dsrb_mm.cli.errors import clear_errors
from dsrb_mm.cli.outputs import protect_inputs
from dsrb_mm.datasets.data_checks import shorten
from dsrb_mm.engine.checkpoints.checkpoint_weights import checkpoint_classes, read_checkpoint
from dsrb_mm.engine.checkpoints.stored_calibration import read_calibration, store_calibration
from dsrb_mm.features import cached_where_possible
from dsrb_mm.fileio.atomic import open_atomically
from dsrb_mm.fileio.csv_rows import row_writer
from dsrb_mm.report import calibrate_checkpoint
from dsrb_mm.workflow import find_checkpoint
from dsrb_mm.workflow.work_dir import read_config

_COLUMNS = ('category', 'threshold', 'known', 'present')


def thresholds_command(
    work_dir: Path,
    best_f1: bool,
    precision: float | None,
    by_hand: Sequence[str],
    out: Path | None,
    overwrite: bool,
    device: str | None,
) -> None:
    """Show the thresholds of a model, or choose others first; the checkpoint keeps them."""
    console = quiet_console()
    with clear_errors(*WRONG_INPUT):
        cfg, checkpoint = read_config(work_dir), find_checkpoint(work_dir)
        content = read_checkpoint(checkpoint)
        classes = checkpoint_classes(content)
        if not classes:
            raise ValueError(f'expected {checkpoint} to name its categories, but it does not')
        own = parse_thresholds(by_hand, classes)
        protect_inputs(cfg, [out], inputs=[checkpoint], overwrite=overwrite)
        chosen = best_f1 or precision is not None
        if chosen:
            cfg = cached_where_possible(cfg, ('val',))
            found = calibrate_checkpoint(cfg, checkpoint, precision, device=device)
        else:
            stored = read_calibration(content, checkpoint, len(classes))
            if stored is None:
                raise ValueError(f'{checkpoint} has no thresholds: --best-f1 chooses them')
            found = stored
        if own:
            values = dict(zip(classes, found.thresholds, strict=True)) | own
            found = found.with_thresholds([*values.values()], f'{found.rule}, {len(own)} by hand')
        if chosen or own:
            store_calibration(checkpoint, found)
        rows = _rows(found, classes)
        if out is not None:
            with open_atomically(out, newline='') as file:
                write = row_writer(file)
                write(_COLUMNS)
                for row in rows:
                    write(row)
    table = Table(*_COLUMNS)
    for name, threshold, *counts in rows:
        table.add_row(name, threshold or 'never predicted', *counts)
    console.print(table)
    never = found.thresholds.count(NEVER)
    if never:
        console.print(f'{never} of {len(classes)} categories are never predicted', soft_wrap=True)
    if never and precision is not None:
        console.print(
            f'their labels cannot show a precision of {precision:g} with a confidence of 95 %: '
            'choose a lower one, --best-f1, or --set CATEGORY=THRESHOLD',
            soft_wrap=True,
        )
    console.print(
        f'rule: {found.rule}; known, present: labels of the {found.images:,} images '
        f'({found.source}) that the thresholds were chosen on',
        soft_wrap=True,
    )
    console.print(f'{"stored in" if chosen or own else "read from"} {checkpoint}', soft_wrap=True)


def parse_thresholds(texts: Sequence[str], classes: Sequence[str]) -> dict[str, float]:
    """Read ``CATEGORY=THRESHOLD``; a threshold is a probability, or ``never``.

    Raises:
        ValueError: Something else, or a category that the model does not have.
    """
    found = {}
    for text in texts:
        name, _, number = text.rpartition('=')
        if name not in classes:
            raise ValueError(
                f'expected --set CATEGORY=THRESHOLD with a category of the model, but got {text!r}'
                f'; it has {shorten(get_close_matches(name, classes) or classes)}'
            )
        value = NEVER if number == 'never' else read_probability(number)
        if value is None:
            raise ValueError(f'expected a threshold in [0, 1] or never, but got {number!r}')
        found[name] = value
    return found


def _rows(found: Calibration, classes: Sequence[str]) -> list[tuple[str, str, str, str]]:
    columns = zip(classes, found.thresholds, found.known, found.positives, strict=True)
    return [
        (name, '' if value == NEVER else f'{value:.4f}', str(known), str(present))
        for name, value, known, present in columns
    ]
