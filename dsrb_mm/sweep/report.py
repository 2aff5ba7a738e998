"""Tables and the plot of a sweep, from whatever is finished."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dsrb_mm.datasets.benchmarks import find_test_set
from dsrb_mm.datasets.wrappers import innermost_configs
from dsrb_mm.fileio.atomic import write_atomically
from dsrb_mm.sweep.known_labels import PROPORTIONS
from dsrb_mm.sweep.plan import Run
from dsrb_mm.sweep.state import MAP, read_metrics, read_state, status, write_text

_AVERAGED = {'mAP': MAP, 'OF1': 'multi-label/OF1', 'CF1': 'multi-label/CF1'}


def published_average(run: Run) -> float | None:
    """Published average mAP of a run's method on its test set, None where there is none.

    The method is ``method`` in the config, or the first word of the config's name.
    """
    loader = run.settings.get('test_dataloader') or {}
    dataset = innermost_configs(loader.get('dataset', {}))[0]
    benchmark = find_test_set(dataset)
    method = run.settings.get('method') or run.method.split('_')[0]
    return None if benchmark is None else benchmark.published_average(str(method))


def collect(runs: Sequence[Run]) -> pd.DataFrame:
    """One row per run: method, known labels, seed, status, error of the last try, all metrics."""
    rows = []
    for run in runs:
        metrics = read_metrics(run)
        row = dict(
            method=run.method,
            known=run.known.name,
            proportion=np.nan if run.known.proportion is None else run.known.proportion,
            seed=run.seed,
            status=status(run),
            error=read_state(run).get('error') if metrics is None else None,
            finished=metrics is not None,
            checkpoint=run.checkpoint,
            config=str(run.config),
        )
        rows.append(row | (metrics or {MAP: np.nan}) | row)
    return pd.DataFrame(rows)


def averages(table: pd.DataFrame, metric: str = MAP) -> dict[str, tuple[float, float, int]]:
    """Average of a metric over all proportions of known labels, for each method.

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
        rows = rows[rows['proportion'].notna()]
        by_seed = rows.pivot(index='seed', columns='proportion', values=metric).to_numpy(float)
        means = by_seed.mean(1) if by_seed.size else np.empty(0)  # NaN if one is missing
        result[str(method)] = _mean_std(means[~np.isnan(means)])
    return result


def _mean_std(values: np.ndarray) -> tuple[float, float, int]:
    if not len(values):
        return float('nan'), float('nan'), 0
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0, len(values)


def _comparable(table: pd.DataFrame) -> bool:
    proportions = sorted(table['proportion'].dropna().unique())
    return len(proportions) == len(PROPORTIONS) and np.allclose(proportions, PROPORTIONS)


def mask_names(table: pd.DataFrame) -> list[str]:
    """Names of the masks: proportions in their order, then all others in that of the sweep."""
    masks = table.drop_duplicates('known').sort_values('proportion', kind='stable')  # NaN last
    return masks['known'].tolist()


def markdown(table: pd.DataFrame, published: Mapping[str, float | None]) -> str:
    """Table of mAP, method by mask of known labels, with the average beside the published one.

    Args:
        table: What :func:`collect` gives.
        published: Published average of each method, None where there is none.
    """
    columns, seeds = mask_names(table), table['seed'].nunique()
    proportions = table.loc[table['proportion'].notna(), 'known'].nunique()
    header = ['method', *columns]
    if proportions:
        others = len(columns) > proportions
        header += ['average over proportions' if others else 'average', 'published']
    lines = []
    for method, (mean, std, complete) in averages(table).items():
        rows = table[table['method'] == method]
        cells = [map_cell(rows[rows['known'] == name], seeds) for name in columns]
        if proportions:
            cells.append(_number(mean, std, complete, seeds) if complete else 'incomplete')
            value = published.get(method) if _comparable(table) else None
            cells.append('-' if value is None else f'{value:.1f}')
        lines.append([method, *cells])
    text = f'mAP (percent) over known labels\n\n{markdown_table(header, lines)}'
    if seeds > 1:
        text += f'\nMean +- sample standard deviation over {seeds} seeds.\n'
    if proportions and not _comparable(table):
        text += f'\nThe average is over {", ".join(columns[:proportions])}: not comparable with '
        text += 'published averages, which are over 10 %, 20 %, ..., 90 %.\n'
    return text + failures(table)


def failures(table: pd.DataFrame) -> str:
    """What failed and why, as a list in Markdown; empty if nothing did.

    Args:
        table: What :func:`collect` gives.
    """
    failed = table[table['status'] == 'failed']
    lines = []
    for (method, error), rows in failed.groupby(['method', 'error'], sort=False):
        runs = ', '.join(f'{row.known} seed {row.seed}' for row in rows.itertuples())
        lines.append(f'* {method}, {runs}: {" ".join(str(error).split())}\n')
    return '\nFailed runs:\n\n' + ''.join(lines) if lines else ''


def markdown_table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, one list of cells per line."""
    rows = ['| ' + ' | '.join(cells) + ' |' for cells in (header, *lines)]
    return '\n'.join([rows[0], '|---' * len(header) + '|', *rows[1:]]) + '\n'


def _number(mean: float, std: float, found: int, wanted: int) -> str:
    text = f'{mean:.1f}' + (f' +- {std:.1f}' if found > 1 else '')
    return text + (f' ({found} of {wanted})' if found < wanted else '')


def map_cell(rows: pd.DataFrame, seeds: int, metric: str = MAP) -> str:
    """Mean and standard deviation of a method under one mask; what is missing is said.

    Args:
        rows: Rows of :func:`collect`, one per seed.
        seeds: How many there should be.
        metric: Column to average.
    """
    values = rows[metric].to_numpy(float)
    mean, std, found = _mean_std(values[~np.isnan(values)])
    failed = int((rows['status'] == 'failed').sum())
    if not found:
        return 'failed' if failed else 'missing'
    return _number(mean, std, found, seeds) + (f', {failed} failed' if failed else '')


def plot(table: pd.DataFrame, path: Path | BinaryIO) -> None:
    """mAP over known labels by method, with one standard deviation over the seeds.

    Proportions have their place on the axis. If there are other masks, all stand side by side.
    """
    figure = Figure(figsize=(6, 4), layout='constrained')
    axis = figure.subplots()
    columns, numeric = mask_names(table), table['proportion'].notna().all()
    table = table.assign(
        place=100 * table['proportion'] if numeric else table['known'].map(columns.index)
    )
    for method, rows in table[table['finished']].groupby('method', sort=False):
        grouped = rows.groupby('place')[MAP]
        mean, std = grouped.mean(), grouped.std(ddof=1).fillna(0)  # NaN: one seed
        x = mean.index.to_numpy()
        if numeric:
            (line,) = axis.plot(x, mean, marker='o', label=str(method))
            axis.fill_between(x, mean - std, mean + std, color=line.get_color(), alpha=0.2, lw=0)
        else:
            axis.errorbar(x, mean, std, marker='o', ls='', capsize=3, label=str(method))
    if not numeric:
        axis.set_xticks(range(len(columns)), columns, rotation=30, ha='right')
    axis.set(xlabel='known labels (%)' if numeric else 'known labels', ylabel='mAP (%)')
    axis.grid(alpha=0.3)
    if axis.lines:
        axis.legend()
    figure.savefig(path, dpi=150, format='png')


def write_report(runs: Sequence[Run], work_dir: Path) -> str:
    """Write results.csv, results.json, results.md and map.png.

    Returns:
        The markdown table.

    Raises:
        ValueError: A folder holds a run with other settings, or a damaged file.
    """
    table = collect(runs)
    published = {run.method: published_average(run) for run in runs}
    text = markdown(table, published)
    write_files(work_dir, table, _content(table, published), text)
    return text


def write_files(work_dir: Path, table: pd.DataFrame, content: Mapping, text: str) -> None:
    """Write results.csv, results.json, results.md and map.png, each in one step.

    Args:
        work_dir: Where to; made if missing.
        table: What :func:`collect` gives, for the csv and the plot.
        content: What the json holds beside the rows of the table.
        text: The markdown.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    # null, which JSON knows, in place of NaN.
    records = table.astype(object).where(table.notna(), None).to_dict('records')
    write_text(work_dir / 'results.csv', table.to_csv(index=False))
    write_text(work_dir / 'results.json', json.dumps(dict(content, runs=records), indent=1))
    write_text(work_dir / 'results.md', text)
    picture = BytesIO()
    plot(table, picture)
    write_atomically(work_dir / 'map.png', picture.getvalue())


def _content(table: pd.DataFrame, published: Mapping[str, float | None]) -> dict:
    """What results.json holds beside the runs."""
    summary: dict[str, dict] = {method: dict(published=published[method]) for method in published}
    for name, metric in _AVERAGED.items():
        if metric not in table:
            continue
        for method, (mean, std, complete) in averages(table, metric).items():
            values = (None, None) if np.isnan(mean) else (mean, std)
            summary[method] |= {f'average_{name}': values[0], f'std_{name}': values[1]}
            summary[method]['complete_seeds'] = complete
    return dict(comparable=_comparable(table), average=summary)
