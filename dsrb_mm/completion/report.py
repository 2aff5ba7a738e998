"""What was filled in, as a JSON file and as tables on the screen."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table

from dsrb_mm.completion.category_thresholds import NONE, OWN, SHARED
from dsrb_mm.completion.recovery import measure_recovery
from dsrb_mm.completion.run import Completion
from dsrb_mm.completion.thresholds import Threshold, TrustRule

_SHOWN = 10  # categories in a table
_COUNTS = ('hidden', 'hidden_present')


def build_report(result: Completion, rule: TrustRule, settings: dict[str, Any]) -> dict[str, Any]:
    """Everything about a completion; shares are fractions, null where there is nothing to divide.

    Args:
        result: The completion.
        rule: What thresholds had to satisfy.
        settings: Further settings to note down.
    """
    labels, filled = result.train.labels, result.labels
    unknown = labels == -1
    measured = measure_recovery(
        result.scores, labels, result.train.truth, result.decided, result.train.classes
    )
    numbers = {
        'known': labels >= 0,
        'unknown': unknown,
        'filled_present': unknown & (filled == 1),
        'filled_absent': unknown & (filled == 0),
        'left_open': filled == -1,
    }
    report = {
        'settings': {**settings, **dataclasses.asdict(rule), 'max_missed': rule.missed_limit},
        'image_root': result.image_root,
        'images': len(labels),
        'labels': {name: int(part.sum()) for name, part in numbers.items()},
        'held_out': None if result.held_out is None else dataclasses.asdict(result.held_out),
        'categories': _categories(result, numbers, None if measured is None else measured[1]),
        'recovered': None if measured is None else measured[0],
    }
    return _plain(report)


def _categories(
    result: Completion, numbers: dict[str, np.ndarray], recovered: pd.DataFrame | None
) -> list[dict[str, Any]]:
    thresholds = result.thresholds
    rows = []
    for c, name in enumerate(result.train.classes):
        row: dict[str, Any] = {'category': name}
        row |= {key: part[:, c].sum() for key, part in numbers.items()}
        row['present_from'] = _threshold(thresholds.present[c], thresholds.present_source[c])
        row['absent_up_to'] = _threshold(thresholds.absent[c], thresholds.absent_source[c])
        if recovered is not None:
            row['recovered'] = recovered.iloc[c].drop('category').to_dict()
        rows.append(row)
    return rows


def _threshold(threshold: Threshold, source: str) -> dict[str, Any] | None:
    if source == NONE:
        return None
    return {'score': threshold.value, 'chosen_on': source} | {
        'held_out_support': threshold.support,
        'held_out_precision': threshold.correct / threshold.support,
    }


def _plain(value: Any) -> Any:
    """Numbers and containers that JSON has; NaN becomes null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def report_tables(report: dict[str, Any]) -> list[Table]:
    """Overview, recovery of hidden labels, and the categories with most gaps left."""
    tables = [_overview(report)]
    if report['recovered'] is not None:
        table = Table('', '', title='Hidden labels recovered')
        for name, value in report['recovered'].items():
            shown = f'{value:,.0f}' if name in _COUNTS else _percent(value)
            table.add_row(name.replace('_', ' '), shown)
        tables.append(table)
    return [*tables, _gaps(report)]


def _overview(report: dict[str, Any]) -> Table:
    table = Table('', '', title='Labels')
    for name, value in report['labels'].items():
        table.add_row(name.replace('_', ' '), f'{value:,}')
    for name, key in (('present', 'present_from'), ('absent', 'absent_up_to')):
        sources = [(row[key] or {}).get('chosen_on', NONE) for row in report['categories']]
        counts = ', '.join(f'{sources.count(s)} {s}' for s in (OWN, SHARED, NONE))
        table.add_row(f'categories by threshold for {name}', counts)
    return table


def _gaps(report: dict[str, Any]) -> Table:
    table = Table('category', 'unknown', 'present', 'absent', 'left open', title='Most gaps left')
    rows = sorted(report['categories'], key=lambda row: -row['left_open'])
    for row in rows[:_SHOWN]:
        cells = [row[k] for k in ('unknown', 'filled_present', 'filled_absent', 'left_open')]
        table.add_row(row['category'], *[f'{cell:,}' for cell in cells])
    return table


def _percent(value: float | None) -> str:
    return '-' if value is None else f'{value:.1%}'
