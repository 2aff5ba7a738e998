"""What was filled in, as a JSON file and as tables on the screen."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table
from rich.text import Text

from dsrb_mm.completion.category_thresholds import NONE, OWN, SHARED
from dsrb_mm.completion.reasons import explain_nothing
from dsrb_mm.completion.recovery import measure_recovery
from dsrb_mm.completion.run import Completion, HeldOut
from dsrb_mm.completion.thresholds import Threshold, TrustRule
from dsrb_mm.completion.tradeoff import measure_tradeoff
from dsrb_mm.fileio.json_values import json_value

_SHOWN = 40  # categories in a table
_COUNTS = ('hidden', 'hidden_present')


def build_report(
    result: Completion, rule: TrustRule, settings: dict[str, Any], scope: str = 'auto'
) -> dict[str, Any]:
    """Everything about a completion; shares are fractions, null where there is nothing to divide.

    Args:
        result: The completion.
        rule: What thresholds had to satisfy.
        settings: Further settings to note down.
        scope: See :func:`fit_thresholds`.
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
        'held_out': _held_out(result.held_out),
        'categories': _categories(result, rule, numbers, None if measured is None else measured[1]),
        'recovered': None if measured is None else measured[0],
        'tradeoff': None,
    }
    if result.held_out is not None:
        report['tradeoff'] = measure_tradeoff(result, rule, scope).to_dict('records')
    return json_value(report)


def _held_out(held_out: HeldOut | None) -> dict[str, int] | None:
    if held_out is None:
        return None
    known = int((held_out.labels >= 0).sum())
    images = len(held_out.labels)
    return {'images': images, 'known': known, 'also_trained': held_out.also_trained}


def _categories(
    result: Completion,
    rule: TrustRule,
    numbers: dict[str, np.ndarray],
    recovered: pd.DataFrame | None,
) -> list[dict[str, Any]]:
    thresholds, unknown = result.thresholds, numbers['unknown']
    held_out = None if result.held_out is None else result.held_out.labels
    reasons = explain_nothing(thresholds, held_out, unknown, result.labels, rule)
    rows = []
    for c, name in enumerate(result.train.classes):
        row: dict[str, Any] = {'category': name}
        row |= {key: part[:, c].sum() for key, part in numbers.items()}
        row['present_from'] = _threshold(thresholds.present[c], thresholds.present_source[c])
        row['absent_up_to'] = _threshold(thresholds.absent[c], thresholds.absent_source[c])
        row['why_none_present'], row['why_none_absent'] = (side[c] for side in reasons)
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


def report_tables(report: dict[str, Any]) -> list[Table]:
    """Overview, recovery of hidden labels, and the categories with most gaps left."""
    tables = [_overview(report)]
    if report['recovered'] is not None:
        table = Table('', '', title='Hidden labels recovered')
        for name, value in report['recovered'].items():
            shown = f'{value:,.0f}' if name in _COUNTS else _percent(value)
            table.add_row(name.replace('_', ' '), shown)
        tables.append(table)
    if report['tradeoff'] is not None:
        tables.append(_tradeoff(report))
    return [*tables, _gaps(report)]


def _tradeoff(report: dict[str, Any]) -> Table:
    truth = report['recovered'] is not None
    table = Table('precision asked', 'filled present', 'filled absent', 'found')
    table.title = 'What other precisions would fill in'
    for name in ('present right', 'absent right', 'hidden found') if truth else ():
        table.add_column(name)
    for row in report['tradeoff']:
        measured = ('precision_present', 'precision_absent', 'found_hidden') if truth else ()
        table.add_row(
            f'{row["precision"]:.0%}',
            *[f'{row[name]:,}' for name in ('filled_present', 'filled_absent')],
            *[_percent(row[name]) for name in ('found', *measured)],
            style='bold' if row['precision'] == report['settings']['precision'] else None,
        )
    return table


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
    table = Table('category', 'present', 'absent', 'open', 'why none present', 'why none absent')
    table.title = 'Filled in and left open by category, and why, by the held-out labels'
    # Reasons are what a user can act on: categories that got nothing come first.
    rows = sorted(
        report['categories'], key=lambda row: (row['why_none_present'] is None, -row['left_open'])
    )
    for row in rows[:_SHOWN]:
        cells = [row[name] for name in ('filled_present', 'filled_absent', 'left_open')]
        why = [row[f'why_none_{name}'] or '' for name in ('present', 'absent')]
        table.add_row(Text(row['category']), *[f'{cell:,}' for cell in cells], *why)
    if len(rows) > _SHOWN:
        table.caption = f'{len(rows) - _SHOWN} more categories in the report (--report)'
    return table


def _percent(value: float | None) -> str:
    return '-' if value is None else f'{value:.1%}'
