"""From labels in another format to a CSV of labels."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsrb_mm.datasets.data_checks import shorten
from dsrb_mm.datasets.imports.added_labels import add_labels
from dsrb_mm.datasets.imports.annotations import Annotations, ReaderOptions
from dsrb_mm.datasets.imports.formats import FORMATS, READERS, WITH_UNKNOWN, find_format
from dsrb_mm.datasets.imports.images import (
    check_found,
    find_images,
    merge_images,
    paths_below,
)
from dsrb_mm.datasets.imports.import_report import ImportReport, category_notes, import_notes
from dsrb_mm.datasets.imports.stratified_splits import complete_splits
from dsrb_mm.datasets.imports.unknown_labels import UNLISTED, UnknownRule, label_matrix
from dsrb_mm.fileio.atomic import open_atomically
from dsrb_mm.fileio.csv_rows import path_cell, row_writer
from dsrb_mm.fileio.outputs import check_outputs

_TEXT = {1: '1', 0: '0', -1: ''}
_COUNTED = (('present', 1), ('absent', 0), ('unknown', -1))
_RESERVED = ('path', 'split')


def import_labels(
    source: str | Path,
    out: str | Path,
    format: str = 'auto',
    unknown: str | Path | None = None,
    image_root: str | Path | None = None,
    relative_to: str | Path | None = None,
    categories: Sequence[str] | None = None,
    field: str | None = None,
    separator: str = '|',
    ignore_columns: Sequence[str] = (),
    skip_missing: bool = False,
    val: float = 0.2,
    test: float = 0.0,
    seed: int = 0,
    add_to: str | Path | None = None,
    overwrite: bool = False,
) -> ImportReport:
    """Read labels of another format and write the CSV that :class:`CSVMultiLabel` reads.

    Formats: ``csv`` (1, 0 or nothing per category: gets a split), ``rows`` (a CSV of path, category
    and value), ``tags`` (a CSV of path and tags), ``folders`` (one per category), ``voc`` (a folder
    of Pascal VOC), ``coco`` (instances json), ``label_studio`` (JSON), ``cvat`` (CVAT for images
    1.1), ``fiftyone`` (FiftyOneDataset, FiftyOneImageClassificationDataset).

    Args:
        source: File or folder to read.
        out: CSV to write: path, split, one column per category.
        format: One of ``FORMATS``, or ``'auto'``: told by the source.
        unknown: What it means that a category is not listed for an image: ``'absent'``,
            ``'unlisted'`` (unknown), or a file of what was looked for, which makes the rest
            unknown: one category per line, for all images, or a CSV of path and looked_for. Must be
            given, except for ``csv`` and ``rows``, where what is not listed is unknown. What the
            source itself says about an image counts more.
        image_root: Folder of the images; None: beside the source.
        relative_to: Folder that the written paths are relative to; None: that of ``out``.
        categories: Columns to write, in this order; None: all that the source names.
        field: Column of tags or of categories, field of a FiftyOne sample, or of a Label Studio
            task's image.
        separator: Between tags in one cell.
        ignore_columns: Columns of a ``csv`` that are not categories.
        skip_missing: Whether missing images are left out.
        val: Share of the training images drawn for validation where the source has none.
        test: Share drawn for testing.
        seed: Seed of the drawing.
        add_to: A CSV of labels. Then ``out`` is this CSV with its gaps filled by the source, such
            as the answers of annotators; rows, columns and known labels stay. ``relative_to`` is
            the folder of its images; None: its own, ``images`` in it, or ``image_root``.
        overwrite: Whether an existing ``out`` may be replaced.

    Returns:
        What was read, to be printed.

    Raises:
        FileNotFoundError: The source, or images of it, are missing.
        FileExistsError: ``out`` exists.
        ValueError: Anything wrong in the source, with file and place; ``unknown`` is not given.

    Example:
        >>> print(import_labels('export.json', 'photos/labels.csv', unknown='absent'))
    """
    source, out = Path(source), Path(out)
    if format not in ('auto', *FORMATS):
        raise ValueError(f'expected format to be auto or one of {FORMATS}, but got {format!r}')
    if not source.exists():
        raise FileNotFoundError(f'no such file or folder: {source}')
    read = [source, *(path for path in (unknown, add_to) if path is not None)]
    check_outputs([out], read, overwrite)
    format = find_format(source, ignore_columns) if format == 'auto' else format
    rule = UnknownRule(_unlisted(source, format, unknown), separator)
    options = ReaderOptions(field, separator, tuple(ignore_columns))
    found = READERS[format](source, options)
    if not found.images:
        what = ', only a header' if format in ('csv', 'rows', 'tags') else ''
        raise ValueError(f'expected {source} to name images, but got none{what}')
    named = _named(found)
    columns = _columns(named, categories, source)
    files, root = find_images(found, None if image_root is None else str(image_root))
    if not skip_missing:
        check_found(found.images, files, root)
    images, kept, merged = merge_images(found.images, files)
    if not images:
        raise FileNotFoundError(f'none of the {len(files)} images of {source} is in {root}')
    names = [Path(os.path.relpath(file, root)).as_posix() for file in kept]
    rule.check(images, names, columns)
    labels = label_matrix(images, names, columns, rule)
    notes = import_notes(found.images, files, images, merged)
    notes += category_notes(named, columns, source, format)
    notes += rule.notes(columns)
    base = str(out.parent if relative_to is None else relative_to)
    if add_to is not None:
        beside = Path(add_to).parent
        folders = [str(beside), str(beside / 'images'), root] if relative_to is None else [base]
        added = add_labels(Path(add_to), out, kept, labels, columns, folders)
        labels, splits = added.labels, added.splits
        notes.append(f'{added.filled} labels added to those of {add_to}')
        if added.contradicting:
            clashes = shorten(added.contradicting)
            notes.append(f'{len(added.contradicting)} known labels kept against answers: {clashes}')
    else:
        given = [image.split for image in images]
        paths = paths_below(kept, base)
        drawn_splits, drawn = complete_splits(given, labels, val, test, seed)
        _write(out, paths, drawn_splits, labels, columns)
        splits = dict(Counter(drawn_splits))
        if drawn:
            uses = {'validation': val, 'testing': test}
            use = ' and '.join(name for name, share in uses.items() if share)
            notes.append(f'{drawn} images drawn for {use}, by labels, seed {seed}')
    counts = {name: (labels == value).sum(0) for name, value in _COUNTED}
    # Late: a training by a config imports this module and needs no Pandas.
    import pandas as pd

    table = pd.DataFrame({'category': columns, **counts})
    return ImportReport(out, format, base or '.', table, splits, tuple(notes))


def _unlisted(source: Path, format: str, unknown: str | Path | None) -> str | Path | None:
    """What it means that a category is not listed."""
    if format not in WITH_UNKNOWN:
        return unknown
    if unknown is not None and str(unknown) != UNLISTED:
        raise ValueError(
            f'expected no value of unknown (--unknown) for {source}, but got {unknown}: what it '
            'does not list is unknown; write 0 for what is absent'
        )
    return UNLISTED


def _named(found: Annotations) -> list[str]:
    """Categories that the source names."""
    named = dict.fromkeys(found.categories)
    for image in found.images:
        named |= dict.fromkeys(sorted((image.present | image.disputed) - named.keys()))
    return list(named)


def _columns(named: Sequence[str], wanted: Sequence[str] | None, source: Path) -> list[str]:
    """Names of the categories to write."""
    columns = list(named if wanted is None else wanted)
    repeated = [name for name, count in Counter(columns).items() if count > 1]
    reserved = [name for name in columns if name in _RESERVED or not name.strip()]
    if not columns or repeated or reserved:
        raise ValueError(
            f'expected {source} to name categories that differ from each other and from path and '
            f'split, but got {columns[:5]}, repeated {repeated[:5]}, reserved {reserved[:5]}'
        )
    if wanted is not None and not set(columns) & set(named):
        raise ValueError(
            f'expected {source} to name categories such as {columns[:5]}, but got {named[:5]}'
        )
    return columns


def _write(
    out: Path, paths: Sequence[str], splits: Sequence[str], labels: NDArray, columns: Sequence[str]
) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    text = np.array([_TEXT[0], _TEXT[1], _TEXT[-1]], object)  # by label, the last by -1
    with open_atomically(out, newline='') as file:
        write = row_writer(file)
        write([*_RESERVED, *columns])
        for path, split, row in zip(paths, splits, labels, strict=True):
            write([path_cell(path), split, *text[row]])
