"""Rows of CSV files that every reader gives back as they were."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from typing import IO

# With these a spreadsheet begins a formula.
_FORMULA = ('=', '+', '-', '@', '\t', '\r')


def plain_cell(text: str) -> str:
    """A text for people's tables that no spreadsheet takes for a formula.

    Not for files that are read again as data: it changes names such as ``=x``, to ``'=x``.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def path_cell(path: str) -> str:
    """A path that no spreadsheet takes for a formula and that still leads to its file.

    Names that are not UTF-8 are written with backslashes.
    """
    path = path.encode('utf-8', 'backslashreplace').decode()
    return f'./{path}' if path.startswith(_FORMULA) else path


def row_writer(file: IO[str]) -> Callable[[Sequence[object]], None]:
    """Give the function that writes a row to a file.

    Args:
        file: Opened with ``newline=''``.

    Example:
        >>> with open_atomically('labels.csv', newline='') as file:
        ...     write = row_writer(file)
        ...     write(['path', 'dog'])
    """
    plain = csv.writer(file, lineterminator='\n')
    # Only a line terminator that holds it makes Python's csv quote a carriage return.
    quoted = csv.writer(file, lineterminator='\n', quoting=csv.QUOTE_ALL)

    def write(row: Sequence[object]) -> None:
        (quoted if any('\r' in str(cell) for cell in row) else plain).writerow(row)

    return write
