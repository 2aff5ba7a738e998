"""Tables of labels in CSV files, read row by row into one int8 matrix.

``csv`` and not pandas: where rows are longer than the header, pandas drops the surplus or takes the
first column for an index; its line numbers leave out blank lines; it keeps an object for each cell.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

_SHOWN = 5  # how many culprits a message names


class LabelTable(NamedTuple):
    """What a CSV of labels holds.

    Attributes:
        names: Image paths (N).
        labels: Labels, (N, C) int8 in {1, 0, -1}.
        classes: Names of the category columns (C).
    """

    names: list[str]
    labels: np.ndarray
    classes: list[str]


class CSVColumns(NamedTuple):
    """Which columns are what; those not named here are categories.

    Attributes:
        path: Column of the image path.
        split: Column that names the split of a row, if any.
        ignored: Columns that are read over.
    """

    path: str
    split: str | None = None
    ignored: tuple[str, ...] = ()


class _LabelCodes(dict):
    """Label of a cell's text as a byte, worked out once for each way to write it."""

    def __init__(self, empty: bool) -> None:
        super().__init__()
        self.empty = empty

    def __missing__(self, text: str) -> int:
        value = self.parse(text)
        if value is None:
            raise ValueError(text)
        self[text] = value & 0xFF  # -1 as the byte that int8 reads as -1
        return self[text]

    def parse(self, text: str) -> int | None:
        """1, 0 or -1, None for anything else; Python's float() reads more than a number."""
        text = text.strip()
        if not text and self.empty:
            return -1
        if not text.isascii() or '_' in text:
            return None
        try:
            value = float(text)
        except ValueError:
            return None
        return int(value) if value in (1, 0, -1) else None


def read_rows(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV, each with the line on which it begins; blank lines are skipped.

    Raises:
        ValueError: Not UTF-8, or quotes that do not match.
    """
    line = 1
    with open(path, newline='', encoding='utf-8-sig') as file:
        rows = csv.reader(file, strict=True)
        try:
            for row in rows:
                if row:
                    yield line, row
                line = rows.line_num + 1
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(
                f'{path} cannot be read as CSV in UTF-8 from line {line} on: {error}'
            ) from error


def read_label_table(
    path: str | Path, columns: CSVColumns, split: str | None, classes: Sequence[str] | None
) -> LabelTable:
    """Read one split of a CSV with a header; see :class:`CSVMultiLabel`.

    Raises:
        ValueError: Missing, unknown, repeated or nameless columns, an unknown split, a row that
            is longer or shorter than the header, an empty path or a value that is no label.
    """
    rows = read_rows(path)
    _, header = next(rows, (0, None))
    if header is None:
        raise ValueError(f'{path} cannot be read as CSV: it is empty')
    found = _category_columns(path, header, columns, classes)
    path_at = header.index(columns.path)
    split_at = None if columns.split is None else header.index(columns.split)
    names, splits = [], set()

    def rows_of_split() -> Iterator[tuple[int, list[str]]]:
        for line, row in _rectangular(path, rows, len(header)):
            if split_at is not None:
                splits.add(row[split_at])
                if row[split_at] != split:
                    continue
            name = row[path_at]
            if not name.strip() or '\0' in name:
                raise ValueError(f'{path}: empty image path in line {line}, got {name!r}')
            names.append(name)
            yield line, row

    labels = _read_cells(path, rows_of_split(), [header.index(c) for c in found], found)
    if split_at is not None and split not in splits:
        raise ValueError(
            f'expected split to be one of {sorted(splits)[:_SHOWN]} in column {columns.split!r} '
            f'of {path}, but got {split!r}'
        )
    return LabelTable(names, labels, found)


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
        yield from _rectangular(path, rows, width)

    return _read_cells(path, all_rows(), list(range(width)), None)


def _rectangular(
    path: str | Path, rows: Iterable[tuple[int, list[str]]], width: int
) -> Iterator[tuple[int, list[str]]]:
    for line, row in rows:
        if len(row) != width:
            raise ValueError(
                f'expected {path} to have {width} fields in every row, as in the first, but got '
                f'{len(row)} in line {line}'
            )
        yield line, row


def _read_cells(
    path: str | Path,
    rows: Iterable[tuple[int, list[str]]],
    columns: list[int],
    names: Sequence[str] | None,
) -> np.ndarray:
    """Labels in some columns of the rows; nothing means unknown where columns have names."""
    codes = _LabelCodes(empty=names is not None)
    pick = _picker(columns)
    labels = bytearray()
    for line, row in rows:
        try:
            labels.extend(map(codes.__getitem__, pick(row)))
        except ValueError as error:
            at = next(i for i, column in enumerate(columns) if codes.parse(row[column]) is None)
            where = f'column {names[at]!r}' if names is not None else f'column {at + 1}'
            wanted = '1, 0 or nothing (unknown)' if names is not None else '1, -1 and 0'
            raise ValueError(
                f'expected {path} to hold {wanted}, but got {row[columns[at]][:80]!r} in line '
                f'{line}, {where}'
            ) from error
    return np.frombuffer(labels, np.int8).reshape(-1, len(columns))


def _picker(columns: list[int]) -> Callable[[list[str]], Iterable[str]]:
    """Takes fields out of a row; neighbouring ones, the usual case, as a slice."""
    if columns == list(range(columns[0], columns[0] + len(columns))):
        return itemgetter(slice(columns[0], columns[0] + len(columns)))
    return itemgetter(*columns)


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
    for needed in (columns.path, columns.split):
        if needed is not None and needed not in counts:
            raise ValueError(f'expected {path} to have a column {needed!r}, but got {shown}')
    reserved = {columns.path, columns.split, *columns.ignored}
    found = [name for name in header if name not in reserved]
    if any(not name.strip() for name in found):
        at = 1 + next(i for i, name in enumerate(header) if not name.strip())
        raise ValueError(
            f'{path}: column {at} has no name; columns that are no categories go into '
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
