import csv
import io

import numpy as np
from rich.console import Console

from dsrb_mm.datasets.data_report import DataReport
from dsrb_mm.datasets.data_tables import tables, write_csv

CLASSES = ['cup', 'dog', 'tree']
LABELS = np.array([[1, 0, 1], [1, -1, 0], [0, 1, 1], [1, 0, 1]], np.int8)


def reports():
    paths = [f'{row}.jpg' for row in range(4)]
    return [DataReport(split, 'X', CLASSES, LABELS, paths) for split in ('train', 'test')]


def test_tables():
    console = Console(record=True, width=120, file=io.StringIO())
    for table in tables(reports(), num_rarest=2):
        console.print(table)
    lines = console.export_text().splitlines()
    assert 'dog 1' in next(line for line in lines if line.startswith('│ 1 '))
    assert any('positives per image' in line and '1.75' in line for line in lines)
    assert not any(line.startswith('│ 3 ') for line in lines)


def test_counts_of_every_category(tmp_path):
    write_csv(reports(), tmp_path / 'new/counts.csv')
    with (tmp_path / 'new/counts.csv').open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ['split', 'category', 'present', 'absent', 'unknown']
    assert rows[2] == ['train', 'dog', '1', '2', '1'] and len(rows) == 7
