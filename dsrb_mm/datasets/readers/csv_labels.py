"""Tables of labels in CSV files, read row by row into one int8 matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dsrb_mm.datasets.readers.csv_cells import (
    read_label_cells,
    read_rows,
    rectangular_rows,
    without_header,
)

_SHOWN = 5  # how many culprits a message names


class LabelTable(NamedTuple):
    """What a CSV of labels holds.

    Attributes:
        names: Image paths (N).
        labels: Labels, (N, C) int8 in {1, 0, -1}.
        classes: Names of the category columns (C).
        split_counts: Number of rows by split, of the other splits too; empty without splits.
    """

    names: list[str]
    labels: np.ndarray
    classes: list[str]
    split_counts: dict[str, int]


class CSVColumns(NamedTuple):
    """Which columns are what; those not named here are categories.

    Attributes:
        path: Column of the image path.
        split: Column that names the split of a row, if any.
        ignored: Columns that are ignored.
    """

    path: str
    split: str | None = None
    ignored: tuple[str, ...] = ()


def read_label_table(
    path: str | Path, columns: CSVColumns, split: str | None, classes: Sequence[str] | None
) -> LabelTable:
    """Read one split of a CSV with a header; see :class:`CSVMultiLabel`.

    Blanks around the names of columns and splits do not count.

    Raises:
        ValueError: Missing, unknown, repeated or nameless columns, an unknown split, a split in
            several spellings, a row that is longer or shorter than the header, an empty path or a
            value that is not a label.
    """
    rows = read_rows(path)
    _, header = next(rows, (0, None))
    if header is None:
        raise ValueError(f'{path} cannot be read as CSV: it is empty')
    header = [name.strip() for name in header]
    found = _category_columns(path, header, columns, classes)
    path_at = header.index(columns.path)
    split_at = None if columns.split is None else header.index(columns.split)
    names: list[str] = []
    splits: Counter[str] = Counter()

    def rows_of_split() -> Iterator[tuple[int, list[str]]]:
        for line, row in rectangular_rows(path, rows, len(header)):
            if split_at is not None:
                found_split = row[split_at].strip()
                splits[found_split] += 1
                if found_split != split:
                    continue
            name = row[path_at]
            if not name.strip() or '\0' in name:
                raise ValueError(f'{path}: empty image path in line {line}, got {name!r}')
            names.append(name)
            yield line, row

    labels = read_label_cells(path, rows_of_split(), [header.index(c) for c in found], found)
    if not names and not splits:
        raise ValueError(f'expected {path} to have rows of images, but it has only a header')
    if split_at is not None:
        _check_splits(path, splits, columns.split, split)
    return LabelTable(names, labels, found, dict(splits))


def _check_splits(
    path: str | Path, splits: Counter[str], column: str | None, split: str | None
) -> None:
    """Check that a split is there, in one spelling."""
    if split not in splits:
        raise ValueError(
            f'expected split to be one of {sorted(splits)[:_SHOWN]} in column {column!r} of '
            f'{path}, but got {split!r}'
        )
    others = [name for name in splits if name.lower() == str(split).lower() and name != split]
    if others:
        shown = ', '.join(f'{name!r} in {splits[name]} rows' for name in others[:_SHOWN])
        raise ValueError(
            f'expected column {column!r} of {path} to spell {split!r} in one way, but got {shown}: '
            'they would not be read'
        )


def read_code_table(path: str | Path) -> np.ndarray:
    """Read a headerless CSV of 1, -1 and 0, whatever they stand for.

    Shape:
        -> (N, C) int8.

    Raises:
        ValueError: Empty, rows of different lengths, or another value.
    """
    rows = read_rows(path)
    first = next(rows, None)
    if first is None:
        raise ValueError(f'expected {path} to hold rows of 1, -1 and 0, but it is empty')
    width = len(first[1])

    def all_rows() -> Iterator[tuple[int, list[str]]]:
        yield first
        yield from rectangular_rows(path, rows, width)

    return read_label_cells(path, all_rows(), list(range(width)), None)


def _category_columns(
    path: str | Path, header: list[str], columns: CSVColumns, classes: Sequence[str] | None
) -> list[str]:
    """Names of the category columns: those given, or all that are nothing else."""
    shown = [*header[:_SHOWN], '...'] if len(header) > _SHOWN else header
    counts: dict[str, int] = {}
    for name in header:
        counts[name] = counts.get(name, 0) + 1
    repeated = sorted(name for name, count in counts.items() if count > 1)
    if repeated:
        raise ValueError(f'{path}: columns named more than once: {repeated[:_SHOWN]}')
    for needed in (columns.path, columns.split, *columns.ignored):
        if needed is not None and needed not in counts:
            what = ' (ignore_columns)' if needed in columns.ignored else ''
            raise ValueError(
                f'expected {path} to have a column {needed!r}{what}, but got {shown}'
                f'{without_header(header)}'
            )
    reserved = {columns.path, columns.split, *columns.ignored}
    found = [name for name in header if name not in reserved]
    if any(not name.strip() for name in found):
        at = 1 + next(i for i, name in enumerate(header) if not name.strip())
        raise ValueError(
            f'{path}: column {at} has no name; columns that are not categories go into '
            "ignore_columns, e.g. ignore_columns=('',)"
        )
    if classes is None:
        if not found:
            raise ValueError(f'{path} has no category columns, only {shown}')
        return found
    known, there = set(classes), set(found)
    unknown = [name for name in found if name not in known]
    missing = [name for name in classes if name not in there]
    if unknown or missing:
        raise ValueError(
            f'expected the category columns of {path} to be the classes, but got unknown columns '
            f'{unknown[:_SHOWN]} and missing columns {missing[:_SHOWN]}; columns that are no '
            'categories go into ignore_columns'
        )
    return list(classes)
