"""The measurements as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.table import Table

from tools.benchmarks.rows import Row


def make_table(rows: Iterable[Row], environment: dict[str, str]) -> Table:
    """A table of all rows; the ratio is marked where it has a target."""
    caption = ', '.join(f'{key} {value}' for key, value in environment.items())
    table = Table(caption=caption, title='Medians (fastest - slowest)')
    for name in ('suite', 'setting', 'case'):
        table.add_column(name, no_wrap=True)
    for name in ('time', 'images/s', 'memory', 'ratio', 'target'):
        table.add_column(name, justify='right', no_wrap=True)
    for row in rows:
        table.add_row(row.suite, row.setting, row.case, *_cells(row))
    return table


def _cells(row: Row) -> list[str]:
    time = rate = memory = ratio = target = ''
    if row.seconds is not None:
        low, high = (_seconds(value) for value in row.seconds[1:])
        time = f'{_seconds(row.seconds.median)} ({low} - {high})'
    if row.rate is not None:
        rate = f'{row.rate:.3g}'
    if row.memory is not None:
        memory = f'{row.memory / 2**20:,.0f} MB'
    if row.ratio is not None:
        ratio = f'{row.ratio:.2f} x {row.reference}'
    if row.target is not None:
        target = f'{row.target:.2f} {"reached" if row.reached else "missed"}'
    return [time, rate, memory, ratio, target]


def _seconds(value: float) -> str:
    return f'{value:.2f} s' if value >= 1 else f'{value * 1000:.3g} ms'


def as_json(rows: Iterable[Row], environment: dict[str, str], options: dict) -> dict[str, Any]:
    """The same as plain data."""
    return {
        'environment': environment,
        'options': options,
        'rows': [
            {**row._asdict(), 'seconds': row.seconds._asdict() if row.seconds else None}
            for row in rows
        ],
    }
