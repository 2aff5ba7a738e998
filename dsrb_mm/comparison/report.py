"""Tables and plot of a comparison, from whatever is finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from dsrb_mm.comparison.intervals import (
    AVERAGE,
    RESAMPLES,
    Difference,
    compare_to_baseline,
)
from dsrb_mm.comparison.plan import Setup
from dsrb_mm.comparison.scores import RunScores
from dsrb_mm.sweep import Run, collect
from dsrb_mm.sweep.report import failures, map_cell, markdown_table, mask_names, write_files
from dsrb_mm.sweep.state import MAP, read_metrics

_LAST = 'last/mAP'
_JUDGED = 'multi-label/num_classes_evaluated'


def write_comparison(
    runs: Sequence[Run], setup: Setup, work_dir: Path, baseline: str, resamples: int = RESAMPLES
) -> str:
    """Write results.md, results.json, results.csv and map.png.

    Args:
        runs: The plan.
        setup: What all runs share.
        work_dir: Where results go.
        baseline: Method that the others are compared with.
        resamples: Of the intervals; 0 leaves the differences out.

    Returns:
        The markdown.

    Raises:
        ValueError: There is no such baseline, a folder holds a run with other settings, or a
            damaged file.
    """
    methods = list(dict.fromkeys(run.method for run in runs))
    if baseline not in methods:
        raise ValueError(f'expected the baseline to be one of {methods}, but got {baseline!r}')
    table = collect(runs)
    table['checkpoint'] = 'chosen'
    for column in (_LAST, _JUDGED, 'seconds'):
        if column not in table:
            table[column] = float('nan')
    differences, images = [], 0
    if resamples:
        scores = {
            (run.method, run.known.name, run.seed): RunScores.load(run.folder)
            for run in runs
            if read_metrics(run) is not None
        }
        differences = compare_to_baseline(scores, baseline, resamples)
        images = len(next(iter(scores.values())).labels) if scores else 0
    text = _markdown(table, differences, setup, baseline, images)
    content = dict(asdict(setup), baseline=baseline, resamples=resamples)
    content['differences'] = [asdict(difference) for difference in differences]
    write_files(work_dir, table, content, text)
    return text


def _markdown(
    table: pd.DataFrame,
    differences: Sequence[Difference],
    setup: Setup,
    baseline: str,
    images: int,
) -> str:
    budget = 'chosen by the known labels' if setup.budget == 'auto' else f'{setup.budget} steps'
    text = (
        f'mAP (percent) on the {f"{images:,} " if images else ""}test images, at the epoch that '
        f'the held-out {100 * setup.holdout:g} % of the training images chose, and after the '
        f'last epoch. Budget: {budget}.'
    )
    judged = table[_JUDGED].dropna()
    if len(judged):  # the same images in all runs
        text += f' Categories judged: {judged.iloc[0]:.0f}, those that one of these images shows.'
    text += '\n\n'
    text += _map_table(table)
    seeds = table['seed'].nunique()
    if seeds > 1:
        text += f'\nMean +- sample standard deviation over {seeds} seeds.\n'
    if differences:
        text += (
            f'\nDifference to {baseline} at the chosen epoch, with 95 % bootstrap intervals over '
            f'these images and seeds\n\n{_difference_table(table, differences)}'
        )
    return text + failures(table)


def _map_table(table: pd.DataFrame) -> str:
    columns, seeds = mask_names(table), table['seed'].nunique()
    lines = []
    for method, rows in table.groupby('method', sort=False):
        for epoch, metric in (('chosen', MAP), ('last', _LAST)):
            cells = [map_cell(rows[rows['known'] == name], seeds, metric) for name in columns]
            seconds = rows['seconds'].mean()
            time = '-' if seconds != seconds else f'{seconds:.1f}'
            lines.append([str(method), epoch, *cells, time])
    return markdown_table(['method', 'epoch', *columns, 'seconds per run'], lines)


def _difference_table(table: pd.DataFrame, differences: Sequence[Difference]) -> str:
    columns = mask_names(table)
    if any(difference.known == AVERAGE for difference in differences):
        columns.append(AVERAGE)
    cells = {(d.method, d.known): d for d in differences}
    methods = dict.fromkeys(difference.method for difference in differences)
    lines = [
        [method, *(_cell(cells.get((method, name))) for name in columns)] for method in methods
    ]
    return markdown_table(['method', *columns], lines)


def _cell(found: Difference | None) -> str:
    if found is None:
        return 'missing'
    return f'{found.value:+.1f} [{found.low:+.1f}, {found.high:+.1f}]'
