"""What tools/check_data.py shows and writes of its reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from dsrb_mm.datasets.data_report import DataReport
from dsrb_mm.fileio.atomic import open_atomically
from dsrb_mm.fileio.csv_rows import plain_cell, row_writer


def tables(reports: Sequence[DataReport], num_rarest: int = 10) -> list[Table]:
    """The numbers side by side, and each set's rarest categories."""
    summaries = [report.summary() for report in reports]
    overview = Table('', *[report.split for report in reports], title='Data')
    for name in summaries[0]:
        overview.add_row(name, *[summary[name] for summary in summaries])
    rarest = Table('', *[report.split for report in reports], title='Rarest categories')
    orders = [np.argsort(report.positives, kind='stable')[:num_rarest] for report in reports]
    for rank in range(min(len(order) for order in orders)):
        cells = [(r, order[rank]) for r, order in zip(reports, orders, strict=True)]
        rarest.add_row(str(rank + 1), *[f'{r.classes[c]} {r.positives[c]:,}' for r, c in cells])
    return [overview, rarest]


def write_csv(reports: Sequence[DataReport], path: str | Path) -> None:
    """Counts of every category: split, category, present, absent, unknown."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(path, newline='') as file:
        write = row_writer(file)
        write(['split', 'category', 'present', 'absent', 'unknown'])
        for report in reports:
            for name, column in zip(report.classes, report.labels.T, strict=True):
                counts = [int((column == v).sum()) for v in (1, 0, -1)]
                write([report.split, plain_cell(name), *counts])
