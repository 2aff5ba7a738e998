"""CSV files: one column of tags, or one column per category without a split."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from dsrb_mm.datasets.data_checks import shorten
from dsrb_mm.datasets.imports.annotations import Annotations, ImageTags, ReaderOptions, clean
from dsrb_mm.datasets.readers.csv_cells import find_column, parse_label, read_body, read_header

PATH_COLUMNS = ('path', 'image', 'file', 'filename', 'file_name', 'filepath')
TAG_COLUMNS = ('tags', 'labels', 'label', 'tag', 'categories')
LOOKED_FOR, CATEGORY, SPLIT = 'looked_for', 'category', 'split'


def has_tags(header: list[str]) -> bool:
    """Tell whether a CSV has a column of tags instead of one per category."""
    return any(name in TAG_COLUMNS for name in header)


def read_tag_column(path: Path, options: ReaderOptions) -> Annotations:
    """Read ``path,tags`` with cells such as ``dog|grass``; see :func:`import_labels`.

    Columns ``split`` and ``looked_for`` are read where they exist; others are ignored.

    Raises:
        ValueError: A column is missing, or a row is longer or shorter than the header.
    """
    header = read_header(path)
    path_at = find_column(path, header, PATH_COLUMNS)
    wanted = TAG_COLUMNS if options.field is None else (options.field,)
    tags_at = find_column(path, header, wanted)
    images = []
    for line, row in read_body(path, len(header)):
        looked_for = None
        if LOOKED_FOR in header:
            looked_for = frozenset(clean(row[header.index(LOOKED_FOR)].split(options.separator)))
        images.append(
            ImageTags(
                row[path_at],
                f'{path}, line {line}',
                frozenset(clean(row[tags_at].split(options.separator))),
                looked_for,
                split=row[header.index(SPLIT)].strip() or None if SPLIT in header else None,
            )
        )
    return Annotations(images, (), csv_folders(path))


def read_label_columns(path: Path, options: ReaderOptions) -> Annotations:
    """Read a CSV of 1, 0 or nothing per category, as :class:`CSVMultiLabel` does.

    For a file without a column of splits, which gets one.

    Raises:
        ValueError: No column of paths, a value that is not a label, or rows of different lengths.
    """
    header = read_header(path)
    path_at = find_column(path, header, PATH_COLUMNS)
    reserved = {header[path_at], SPLIT, *options.ignored}
    unknown = sorted(set(options.ignored) - set(header))
    if unknown:
        raise ValueError(
            f'expected {path} to have the columns to ignore {unknown}, but it has '
            f'{shorten(get_close_matches(unknown[0], header) or header)}'
        )
    columns = {name: at for at, name in enumerate(header) if name not in reserved}
    images = []
    for line, row in read_body(path, len(header)):
        labels = {name: parse_label(row[at]) for name, at in columns.items()}
        wrong = [name for name, label in labels.items() if label is None]
        if wrong:
            raise ValueError(
                f'expected {path} to hold 1 (present), 0 (absent) or nothing (unknown), but got '
                f'{row[columns[wrong[0]]][:80]!r} in line {line}, column {wrong[0]!r}; write 1 and '
                '0 for words and marks, and leave out a column that is not a category (--ignore '
                'COLUMN, or ignore_columns)'
            )
        images.append(
            ImageTags(
                row[path_at],
                f'{path}, line {line}',
                frozenset(name for name, label in labels.items() if label == 1),
                frozenset(name for name, label in labels.items() if label == 0),
                split=row[header.index(SPLIT)].strip() or None if SPLIT in header else None,
            )
        )
    return Annotations(images, list(columns), csv_folders(path))


def read_looked_for(path: Path, separator: str) -> dict[str, frozenset[str]]:
    """Which categories were looked for in which image.

    Args:
        path: A CSV of path and looked_for, or of path and category with a row for each of them, as
            ``tools/complete_labels.py --rank-out`` writes it.
        separator: Between the categories in one cell of looked_for.

    Raises:
        ValueError: A column is missing, or rows differ in length.
    """
    header = read_header(path)
    path_at = find_column(path, header, PATH_COLUMNS)
    at = find_column(path, header, (LOOKED_FOR, CATEGORY))
    found: dict[str, set[str]] = {}
    for _, row in read_body(path, len(header)):
        names = row[at].split(separator) if header[at] == LOOKED_FOR else [row[at]]
        found.setdefault(row[path_at], set()).update(clean(names))
    return {name: frozenset(categories) for name, categories in found.items()}


def csv_folders(path: Path) -> list[str]:
    """Where the images of a CSV may lie."""
    return [str(path.parent), str(path.parent / 'images')]
