"""Tables and the plot of a sweep, from whatever is finished."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dsrb_mm.fileio.atomic import write_atomically
from dsrb_mm.sweep.plan import PROPORTIONS, Run
from dsrb_mm.sweep.state import MAP, read_metrics, status, write_text

# Average mAP over 10 % ... 90 % known labels (arXiv 2205.13092), by dataset and annotation file.
_PUBLISHED = {
    ('CocoMultiLabel', 'instances_val2014'): 78.4,
    ('VOC', ''): 91.5,
    ('VG200', 'test_list_500'): 46.0,
}
_AVERAGED = {'mAP': MAP, 'OF1': 'multi-label/OF1', 'CF1': 'multi-label/CF1'}


def published_average(settings: Mapping) -> float | None:
    """Published average mAP of DSRB on the dataset of a config, None for other datasets."""
    dataset = (settings.get('test_dataloader') or {}).get('dataset', {})
    while 'dataset' in dataset:
        dataset = dataset['dataset']
    return _PUBLISHED.get((dataset.get('type'), Path(dataset.get('ann_file') or '').stem))


def collect(runs: Sequence[Run]) -> pd.DataFrame:
    """One row a run: method, proportion, seed, status and all metrics."""
    rows = []
    for run in runs:
        metrics = read_metrics(run)
        row = dict(
            method=run.method,
            proportion=run.proportion,
            seed=run.seed,
            status=status(run),
            finished=metrics is not None,
            checkpoint=run.checkpoint,
            config=str(run.config),
        )
        rows.append(row | (metrics or {MAP: np.nan}) | row)
    return pd.DataFrame(rows)


def averages(table: pd.DataFrame, metric: str = MAP) -> dict[str, tuple[float, float, int]]:
    """Average of a metric over all proportions, for each method.

    Args:
        table: What :func:`collect` gives.
        metric: Column to average.

    Returns:
        By method: mean and sample standard deviation (0 for one seed) over the seeds that have
        all proportions, and how many have. A seed that lacks one is left out: an average over
        fewer proportions would mislead. NaN where none has all.
    """
    result = {}
    for method, rows in table.groupby('method', sort=False):
        by_seed = rows.pivot(index='seed', columns='proportion', values=metric).to_numpy(float)
        means = by_seed.mean(1)  # NaN if one is missing
        result[str(method)] = _mean_std(means[~np.isnan(means)])
    return result


def _mean_std(values: np.ndarray) -> tuple[float, float, int]:
    if not len(values):
        return float('nan'), float('nan'), 0
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0, len(values)


def _comparable(table: pd.DataFrame) -> bool:
    proportions = sorted(table['proportion'].unique())
    return len(proportions) == len(PROPORTIONS) and np.allclose(proportions, PROPORTIONS)


def markdown(table: pd.DataFrame, published: Mapping[str, float | None]) -> str:
    """Table method x proportion of mAP with the average, beside the published one.

    Args:
        table: What :func:`collect` gives.
        published: Published average of each method's dataset, None where there is none.
    """
    proportions = sorted(table['proportion'].unique())
    seeds = table['seed'].nunique()
    header = ['method', *[f'{100 * p:g} %' for p in proportions], 'average', 'published DSRB']
    lines = ['| ' + ' | '.join(header) + ' |', '|---' * len(header) + '|']
    for method, (mean, std, complete) in averages(table).items():
        rows = table[table['method'] == method]
        cells = [_cell(rows[rows['proportion'] == proportion], seeds) for proportion in proportions]
        cells.append(_number(mean, std, complete, seeds) if complete else 'incomplete')
        known = published.get(method) if _comparable(table) else None
        cells.append('-' if known is None else f'{known:.1f}')
        lines.append('| ' + ' | '.join([method, *cells]) + ' |')
    text = 'mAP (percent) over the proportion of known labels\n\n' + '\n'.join(lines) + '\n'
    if seeds > 1:
        text += f'\nMean +- sample standard deviation over {seeds} seeds.\n'
    if not _comparable(table):
        shown = ', '.join(f'{100 * p:g} %' for p in proportions)
        text += f'\nThe average is over {shown}: not comparable with published averages, which are '
        text += 'over 10 %, 20 %, ..., 90 %.\n'
    return text


def _number(mean: float, std: float, found: int, wanted: int) -> str:
    text = f'{mean:.1f}' + (f' +- {std:.1f}' if found > 1 else '')
    return text + (f' ({found} of {wanted})' if found < wanted else '')


def _cell(rows: pd.DataFrame, seeds: int) -> str:
    values = rows[MAP].to_numpy(float)
    mean, std, found = _mean_std(values[~np.isnan(values)])
    failed = int((rows['status'] == 'failed').sum())
    if not found:
        return 'failed' if failed else 'missing'
    return _number(mean, std, found, seeds) + (f', {failed} failed' if failed else '')


def plot(table: pd.DataFrame, path: Path | BinaryIO) -> None:
    """mAP over the proportion of known labels, a line a method, a band of one deviation."""
    figure = Figure(figsize=(6, 4), layout='constrained')
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    for method, rows in table[table['finished']].groupby('method', sort=False):
        grouped = rows.groupby('proportion')[MAP]
        mean, std = grouped.mean(), grouped.std(ddof=1).fillna(0)  # NaN: one seed
        x = 100 * mean.index.to_numpy()
        (line,) = axis.plot(x, mean, marker='o', label=str(method))
        axis.fill_between(x, mean - std, mean + std, color=line.get_color(), alpha=0.2, lw=0)
    axis.set(xlabel='known labels (%)', ylabel='mAP (%)')
    axis.grid(alpha=0.3)
    if axis.lines:
        axis.legend()
    figure.savefig(path, dpi=150, format='png')


def write_report(runs: Sequence[Run], work_dir: Path) -> str:
    """Write results.csv, results.json, results.md and map_over_proportion.png.

    Returns:
        The markdown table.

    Raises:
        ValueError: A folder holds a run with other settings, or a damaged file.
    """
    table = collect(runs)
    published = {run.method: published_average(run.settings) for run in runs}
    text = markdown(table, published)
    work_dir.mkdir(parents=True, exist_ok=True)
    write_text(work_dir / 'results.csv', table.to_csv(index=False))
    write_text(work_dir / 'results.json', json.dumps(_content(table, published), indent=1))
    write_text(work_dir / 'results.md', text)
    picture = BytesIO()
    plot(table, picture)
    write_atomically(work_dir / 'map_over_proportion.png', picture.getvalue())
    return text


def _content(table: pd.DataFrame, published: Mapping[str, float | None]) -> dict:
    """What results.json holds; null, which JSON knows, in place of NaN."""
    summary: dict[str, dict] = {method: dict(published=published[method]) for method in published}
    for name, metric in _AVERAGED.items():
        if metric not in table:
            continue
        for method, (mean, std, complete) in averages(table, metric).items():
            values = (None, None) if np.isnan(mean) else (mean, std)
            summary[method] |= {f'average_{name}': values[0], f'std_{name}': values[1]}
            summary[method]['complete_seeds'] = complete
    records = table.astype(object).where(table.notna(), None).to_dict('records')
    return dict(comparable=_comparable(table), average=summary, runs=records)
