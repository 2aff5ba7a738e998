"""CSV files row by row, and cells of labels as bytes.

``csv`` and not pandas: where rows are longer than the header, pandas drops the surplus or takes the
first column for an index; its line numbers leave out blank lines; it keeps an object for each cell.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path

import numpy as np


def read_rows(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV, each with the line on which it begins; blank lines are skipped.

    Raises:
        ValueError: Not UTF-8, quotes that do not match, or fields that something else than commas
            separates.
    """
    line, begun = 1, False
    with open(path, newline='', encoding='utf-8-sig') as file:
        rows = csv.reader(file, strict=True)
        try:
            for row in rows:
                if row and not begun:
                    _check_separator(path, row)
                    begun = True
                if row:
                    yield line, row
                line = rows.line_num + 1
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(
                f'{path} cannot be read as CSV in UTF-8 from line {line} on: {error}'
            ) from error


def _check_separator(path: str | Path, first: Sequence[str]) -> None:
    """Refuse what spreadsheets write where the comma is the decimal point."""
    for separator, name in ((';', 'semicolons'), ('\t', 'tabs')):
        if sum(cell.count(separator) for cell in first) >= max(1, len(first)):
            raise ValueError(
                f'expected the fields of {path} to be separated by commas, but got {name}: '
                f'{separator.join(first)[:80]!r}; save it as CSV with commas'
            )


def without_header(row: Sequence[str]) -> str:
    """What to add to a message about a missing column: the first row may be no header.

    Args:
        row: The first row.

    Returns:
        An explanation, empty if the row names columns, as far as can be told.
    """
    if any(parse_label(cell, empty=False) is not None for cell in row):
        return '; the first row must name the columns, as in path,split,dog,cat'
    return ''


def rectangular_rows(
    path: str | Path, rows: Iterable[tuple[int, list[str]]], width: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows, and check that each has ``width`` fields.

    Raises:
        ValueError: A row has another number.
    """
    for line, row in rows:
        if len(row) != width:
            raise ValueError(
                f'expected {path} to have {width} fields in every row, as in the first, but got '
                f'{len(row)} in line {line}'
            )
        yield line, row


def read_header(path: str | Path) -> list[str]:
    """Names of the columns of a CSV, without surrounding blanks.

    Raises:
        ValueError: It is empty, or names a column twice.
    """
    header = [name.strip() for name in next(read_rows(path), (0, []))[1]]
    if not header:
        raise ValueError(f'expected {path} to be a CSV with a header, but it is empty')
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise ValueError(f'{path}: columns named more than once: {repeated[:8]}')
    return header


def read_body(path: str | Path, width: int) -> Iterator[tuple[int, list[str]]]:
    """Lines and rows below the header, each ``width`` long."""
    rows = read_rows(path)
    next(rows, None)
    return rectangular_rows(path, rows, width)


def find_column(path: str | Path, header: list[str], names: tuple[str, ...]) -> int:
    """Find the place of the first of these columns that exists.

    Raises:
        ValueError: None is.
    """
    for name in names:
        if name in header:
            return header.index(name)
    raise ValueError(
        f'expected {path} to have a column named {" or ".join(names)}, in lower case, but got '
        f'{header[:8]}{without_header(header)}; rename the column'
    )


def read_label_cells(
    path: str | Path,
    rows: Iterable[tuple[int, list[str]]],
    columns: list[int],
    names: Sequence[str] | None,
) -> np.ndarray:
    """Labels in some columns of the rows; nothing means unknown where columns have names.

    Args:
        path: The file, for messages.
        rows: Line and fields of each row.
        columns: Which fields to read.
        names: Names of those columns, or None.

    Shape:
        -> (N, number of columns) int8.

    Raises:
        ValueError: A cell is not a label.
    """
    codes = _LabelCodes(empty=names is not None)
    pick = _picker(columns)
    labels = bytearray()
    for line, row in rows:
        try:
            labels.extend(map(codes.__getitem__, pick(row)))
        except ValueError as error:
            cells = (row[column] for column in columns)
            at = next(i for i, cell in enumerate(cells) if parse_label(cell, codes.empty) is None)
            where = f'column {names[at]!r}' if names is not None else f'column {at + 1}'
            wanted = '1, 0 and -1 or nothing (unknown)' if names is not None else '1, -1 and 0'
            raise ValueError(
                f'expected {path} to hold {wanted}, but got {row[columns[at]][:80]!r} in line '
                f'{line}, {where}'
            ) from error
    return np.frombuffer(labels, np.int8).reshape(-1, len(columns))


def parse_label(text: str, empty: bool = True) -> int | None:
    """Label in a cell: 1, 0 or -1, None for anything else; Python's float() reads more.

    Args:
        text: The cell.
        empty: Whether nothing means unknown.
    """
    text = text.strip()
    if not text and empty:
        return -1
    if not text.isascii() or '_' in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value in (1, 0, -1) else None


class _LabelCodes(dict):
    """Label of a cell's text as a byte, worked out once for each way to write it."""

    def __init__(self, empty: bool) -> None:
        super().__init__()
        self.empty = empty

    def __missing__(self, text: str) -> int:
        value = parse_label(text, self.empty)
        if value is None:
            raise ValueError(text)
        self[text] = value & 0xFF  # -1 as the byte that int8 reads as -1
        return self[text]


def _picker(columns: list[int]) -> Callable[[list[str]], Iterable[str]]:
    """Takes fields out of a row; neighbouring ones, the usual case, as a slice."""
    if columns == list(range(columns[0], columns[0] + len(columns))):
        return itemgetter(slice(columns[0], columns[0] + len(columns)))
    return itemgetter(*columns)
