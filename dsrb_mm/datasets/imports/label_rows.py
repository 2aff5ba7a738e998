"""CSV files with one known label in each row, such as those of Open Images."""

from __future__ import annotations

from pathlib import Path

from dsrb_mm.datasets.image_decoding import IMAGE_SUFFIXES
from dsrb_mm.datasets.imports.annotations import Annotations, ImageTags, ReaderOptions
from dsrb_mm.datasets.imports.tag_column import PATH_COLUMNS, SPLIT, csv_folders
from dsrb_mm.datasets.readers.csv_cells import find_column, parse_label, read_body, read_header

# The second names are those of Open Images.
IMAGE_COLUMNS = (*PATH_COLUMNS, 'image_id', 'ImageID')
CATEGORY_COLUMNS = ('category', 'label', 'LabelName')
VALUE_COLUMNS = ('value', 'answer', 'Confidence')


def has_label_rows(header: list[str]) -> bool:
    """Tell whether the columns of a CSV are an image, a category and a value."""
    names = (IMAGE_COLUMNS, CATEGORY_COLUMNS, VALUE_COLUMNS)
    return all(any(name in header for name in choice) for choice in names)


def read_label_rows(path: Path, options: ReaderOptions) -> Annotations:
    """Read rows such as ``001.jpg,dog,1``; see :func:`import_labels`.

    A column ``split`` is read where it exists; others are ignored. An image may be named without
    its suffix. A category that has both values for an image is disputed.

    Raises:
        ValueError: A column or a name is missing, a value is neither 1, 0 nor nothing, or a row is
            longer or shorter than the header.
    """
    header = read_header(path)
    path_at = find_column(path, header, IMAGE_COLUMNS)
    wanted = CATEGORY_COLUMNS if options.field is None else (options.field,)
    category_at = find_column(path, header, wanted)
    value_at = find_column(path, header, VALUE_COLUMNS)
    split_at = header.index(SPLIT) if SPLIT in header else None
    splits: dict[str, dict[str | None, int]] = {}  # with the first line of each
    values: dict[str, dict[str, set[int]]] = {}
    categories: set[str] = set()
    for line, row in read_body(path, len(header)):
        image, category = row[path_at], row[category_at].strip()
        if not category:
            raise ValueError(f'expected {path} to name a category in line {line}, but got none')
        value = parse_label(row[value_at])
        if value is None:
            raise ValueError(
                f'expected {path} to hold 1 (present), 0 (absent) or nothing (unknown) in column '
                f'{header[value_at]!r}, but got {row[value_at][:80]!r} in line {line}; labels that '
                'a model guessed are not known ones: leave them out'
            )
        split = None if split_at is None else row[split_at].strip() or None
        splits.setdefault(image, {}).setdefault(split, line)
        values.setdefault(image, {}).setdefault(category, set()).add(value)
        categories.add(category)
    images = [
        _record(image, f'{path}, line {line}', split, values[image])
        for image, lines in splits.items()
        for split, line in lines.items()
    ]
    suffixes = ['', *IMAGE_SUFFIXES, *(suffix.upper() for suffix in IMAGE_SUFFIXES)]
    return Annotations(
        images,
        sorted(categories),
        csv_folders(path),
        lambda name: [f'{name}{suffix}' for suffix in suffixes],
    )


def _record(path: str, place: str, split: str | None, values: dict[str, set[int]]) -> ImageTags:
    present = frozenset(name for name, found in values.items() if 1 in found)
    absent = frozenset(name for name, found in values.items() if 0 in found)
    return ImageTags(path, place, present - absent, absent - present, present & absent, split=split)
