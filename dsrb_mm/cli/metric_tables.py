"""Metrics of an evaluation as a table on the screen."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rich.table import Table

# A rate, by where categories are predicted from: OP, OP_tuned, OP_top3.
_RATE = re.compile(r'(?P<name>[OC](?:P|R|F1))(?:_(?P<where>\w+))?')
_TITLES = {'num_classes_evaluated': 'categories judged'}
_PLACES = {'tuned': 'at their thresholds', '': 'at 0.5'}


def metric_table(metrics: Mapping[str, float], prefix: str = 'multi-label/') -> Table:
    """One row per metric; precision, recall and F1 in a column per way of predicting.

    Args:
        metrics: Of :class:`MultiLabelRecognitionMetric`.
        prefix: Of its metrics; others are shown by their whole name.

    Example:
        >>> console.print(metric_table(runner.test()))
    """
    single: dict[str, float] = {}
    rates: dict[str, dict[str, float]] = {}
    for key, value in metrics.items():
        name = key.removeprefix(prefix)
        match = _RATE.fullmatch(name)
        if match and name != key:
            rates.setdefault(match['name'], {})[match['where'] or ''] = value
        elif isinstance(value, (int, float)):
            single[name] = value
    found = {where for row in rates.values() for where in row}
    places = [*(where for where in _PLACES if where in found), *sorted(found - _PLACES.keys())]
    headings = [_PLACES.get(where, where.replace('top', 'at 0.5, top ')) for where in places]
    table = Table('metric', *([''] if single else []), *headings)
    for name, value in single.items():
        table.add_row(_TITLES.get(name, name), _shown(name, value))
    for name, row in rates.items():
        cells = (_shown(name, row[where]) if where in row else '' for where in places)
        table.add_row(name, *([''] if single else []), *cells)
    return table


def _shown(name: str, value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f'{value:.4f}' if name == 'cross_entropy' else f'{value:.1f}'
