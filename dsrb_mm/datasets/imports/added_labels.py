"""Answers added to a CSV of labels: gaps are filled, everything else stays as it is."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsrb_mm.datasets.data_checks import real_paths
from dsrb_mm.datasets.imports.tag_column import PATH_COLUMNS, SPLIT
from dsrb_mm.datasets.readers.csv_cells import (
    find_column,
    parse_label,
    read_header,
    read_rows,
    rectangular_rows,
)
from dsrb_mm.fileio.atomic import open_atomically
from dsrb_mm.fileio.csv_rows import row_writer

_SHOWN = 3


class Added(NamedTuple):
    """What :func:`add_labels` did.

    Attributes:
        labels: Labels of all rows in the columns of the answers, (N, C) in {1, 0, -1}.
        splits: Number of rows by split; under ``''`` without such a column.
        filled: How many gaps were filled.
        contradicting: Answers that contradict a known label, which stays: path and category.
    """

    labels: NDArray
    splits: dict[str, int]
    filled: int
    contradicting: list[str]


def add_labels(
    base: Path,
    out: Path,
    files: Sequence[str],
    labels: NDArray,
    columns: Sequence[str],
    folders: Sequence[str],
) -> Added:
    """Fill the gaps of a CSV of labels with answers; images are compared by resolved path.

    Args:
        base: The CSV.
        out: The CSV to write, with the rows, columns and order of ``base``.
        files: Image files of the answers (M).
        labels: Answers.
        columns: Their categories (C).
        folders: Where its images may be: the folder that holds most of them counts.

    Shape:
        labels (M, C) in {1, 0, -1}.

    Raises:
        ValueError: ``base`` lacks a category or an image of the answers, or holds a value that is
            no label; file and line are named.
    """
    header = read_header(base)
    path_at = find_column(base, header, PATH_COLUMNS)
    missing = [name for name in columns if name not in header]
    if missing:
        raise ValueError(
            f'expected {base} to have a column for every category of the answers, but it lacks '
            f'{missing[:_SHOWN]}'
        )
    rows = list(read_rows(base))
    body = list(rectangular_rows(base, rows[1:], len(header)))
    paths = _image_files([row[path_at] for _, row in body], folders)
    answers = dict(zip(real_paths(files), labels, strict=True))
    strangers = sorted(answers.keys() - set(paths))
    if strangers:
        raise ValueError(
            f'expected {base} to list all images of the answers, but it lacks {len(strangers)}: '
            f'{strangers[:_SHOWN]}'
        )
    places = [header.index(name) for name in columns]
    table = np.full((len(body), len(columns)), -1, np.int8)
    filled, contradicting = 0, []
    for number, ((line, row), path) in enumerate(zip(body, paths, strict=True)):
        given = answers.get(path, np.full(len(columns), -1))
        for column, (place, answer) in enumerate(zip(places, given.tolist(), strict=True)):
            old = parse_label(row[place])
            if old is None:
                raise ValueError(
                    f'expected {base} to hold 1, 0 or nothing, but got {row[place][:80]!r} in '
                    f'line {line}, column {columns[column]!r}'
                )
            if old == -1 and answer != -1:
                row[place], filled = str(answer), filled + 1
            elif answer not in (-1, old):
                contradicting.append(f'{row[path_at]} ({columns[column]})')
            table[number, column] = answer if old == -1 else old
    out.parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(out, newline='') as file:
        write = row_writer(file)
        for _, row in (rows[0], *body):
            write(row)
    split_at = header.index(SPLIT) if SPLIT in header else None
    splits = Counter('' if split_at is None else row[split_at].strip() for _, row in body)
    return Added(table, dict(splits), filled, contradicting)


def _image_files(names: Sequence[str], folders: Sequence[str]) -> list[str]:
    """Resolved paths of the images of a CSV, in the folder that holds most of them."""
    joined = [[os.path.join(root, name) for name in names] for root in folders]
    return real_paths(max(joined, key=lambda paths: sum(map(os.path.isfile, paths))))
