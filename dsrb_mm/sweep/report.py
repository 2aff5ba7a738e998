"""Tables and the plot of a sweep, from whatever is finished."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mmengine.config import Config

from .execution import read_metrics
from .plan import PROPORTIONS, Run

# Average mAP over 10 % ... 90 % known labels (arXiv 2205.13092), by dataset and categories.
_PUBLISHED = {('CocoMultiLabel', 80): 78.4, ('VOC', 20): 91.5, ('VG200', 200): 46.0}
_MAP = 'multi-label/mAP'


def published_average(config: Path) -> float | None:
    """Published average mAP of DSRB on the dataset of a config, None for other datasets."""
    cfg = Config.fromfile(config)
    dataset = cfg.test_dataloader.dataset
    dataset = dataset.get('dataset', dataset)
    return _PUBLISHED.get((dataset.get('type'), cfg.model.head.get('num_classes')))


def collect(runs: Sequence[Run]) -> pd.DataFrame:
    """One row a run: method, proportion, seed, whether it is finished, and all metrics."""
    rows = []
    for run in runs:
        metrics = read_metrics(run)
        row = dict(
            method=run.method,
            proportion=run.proportion,
            seed=run.seed,
            finished=metrics is not None,
            config=str(run.config),
        )
        rows.append(row | (metrics or {_MAP: np.nan}))
    return pd.DataFrame(rows)


def averages(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Average mAP over the proportions for each method: mean and standard deviation over seeds.

    NaN where a run of the method is missing: an average over fewer proportions would mislead.
    """
    result = {}
    for method, rows in table.groupby('method', sort=False):
        by_seed = rows.pivot(index='seed', columns='proportion', values=_MAP).to_numpy()
        mean = by_seed.mean(1)  # NaN if one is missing
        result[str(method)] = (float(mean.mean()), float(mean.std()) if len(mean) > 1 else 0.0)
    return result


def markdown(table: pd.DataFrame, published: Mapping[str, float | None]) -> str:
    """Table method x proportion of mAP with the average, beside the published one."""
    proportions = sorted(table['proportion'].unique())
    comparable = np.allclose(proportions, PROPORTIONS) if len(proportions) == 9 else False
    several = table['seed'].nunique() > 1
    header = ['method', *[f'{100 * p:g} %' for p in proportions], 'average', 'published average']
    lines = ['| ' + ' | '.join(header) + ' |', '|---' * len(header) + '|']
    for method, (mean, std) in averages(table).items():
        cells = []
        for proportion in proportions:
            chosen = (table['method'] == method) & (table['proportion'] == proportion)
            cells.append(_cell(table.loc[chosen, _MAP].to_numpy(), several))
        average = 'incomplete' if np.isnan(mean) else f'{mean:.1f}'
        average += f' +- {std:.1f}' if several and not np.isnan(mean) else ''
        known = published.get(method) if comparable else None
        cells += [average, '-' if known is None else f'{known:.1f}']
        lines.append('| ' + ' | '.join([method, *cells]) + ' |')
    text = 'mAP (percent) over the proportion of known labels\n\n' + '\n'.join(lines) + '\n'
    if not comparable and any(value is not None for value in published.values()):
        text += '\nPublished averages run over 10 %, 20 %, ..., 90 %; this sweep does not.\n'
    return text


def _cell(values: np.ndarray, several: bool) -> str:
    found = values[~np.isnan(values)]
    if not len(found):
        return 'missing'
    text = f'{found.mean():.1f}' + (f' +- {found.std():.1f}' if several else '')
    return text + (f' ({len(found)} of {len(values)})' if len(found) < len(values) else '')


def plot(table: pd.DataFrame, path: Path) -> None:
    """mAP over the proportion of known labels, a line a method, a band of one deviation."""
    figure = Figure(figsize=(6, 4), layout='constrained')
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    for method, rows in table[table['finished']].groupby('method', sort=False):
        grouped = rows.groupby('proportion')[_MAP]
        mean, std = grouped.mean(), grouped.std(ddof=0)
        x = 100 * mean.index.to_numpy()
        (line,) = axis.plot(x, mean, marker='o', label=str(method))
        axis.fill_between(x, mean - std, mean + std, color=line.get_color(), alpha=0.2, lw=0)
    axis.set(xlabel='known labels (%)', ylabel='mAP (%)')
    axis.grid(alpha=0.3)
    if axis.lines:
        axis.legend()
    figure.savefig(path, dpi=150)


def write_report(runs: Sequence[Run], work_dir: Path) -> str:
    """Write results.csv, results.json, results.md and map_over_proportion.png.

    Returns:
        The markdown table.
    """
    table = collect(runs)
    configs = {run.method: run.config for run in runs}
    published = {method: published_average(config) for method, config in configs.items()}
    table.to_csv(work_dir / 'results.csv', index=False)
    summary = {
        method: dict(average_mAP=mean, std=std, published=published[method])
        for method, (mean, std) in averages(table).items()
    }
    content = dict(average=summary, runs=table.to_dict('records'))
    (work_dir / 'results.json').write_text(json.dumps(content, indent=1), encoding='utf-8')
    text = markdown(table, published)
    (work_dir / 'results.md').write_text(text, encoding='utf-8')
    plot(table, work_dir / 'map_over_proportion.png')
    return text
