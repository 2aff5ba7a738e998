"""The formats of labels: their readers, and their detection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from dsrb_mm.datasets.imports.annotations import Annotations, ReaderOptions
from dsrb_mm.datasets.imports.coco import read_coco
from dsrb_mm.datasets.imports.cvat import read_cvat
from dsrb_mm.datasets.imports.fiftyone import LABELS, SAMPLES, read_fiftyone
from dsrb_mm.datasets.imports.folders import read_folders
from dsrb_mm.datasets.imports.label_rows import (
    CATEGORY_COLUMNS,
    has_label_rows,
    read_label_rows,
)
from dsrb_mm.datasets.imports.label_studio import read_label_studio
from dsrb_mm.datasets.imports.tag_column import (
    TAG_COLUMNS,
    has_tags,
    read_label_columns,
    read_tag_column,
)
from dsrb_mm.datasets.imports.voc import is_voc, read_voc
from dsrb_mm.datasets.readers.csv_cells import find_column, parse_label, read_body, read_header
from dsrb_mm.fileio.annotation_files import read_json

READERS: dict[str, Callable[[Path, ReaderOptions], Annotations]] = {
    'csv': read_label_columns,
    'rows': read_label_rows,
    'tags': read_tag_column,
    'folders': read_folders,
    'voc': read_voc,
    'coco': read_coco,
    'label_studio': read_label_studio,
    'cvat': read_cvat,
    'fiftyone': read_fiftyone,
}
FORMATS = tuple(READERS)
# They say themselves what is unknown.
WITH_UNKNOWN = ('csv', 'rows')


def find_format(source: Path, ignored: Sequence[str] = ()) -> str:
    """Detect the format of a file or folder.

    Args:
        source: The file or folder.
        ignored: Columns of a CSV that are not categories.

    Raises:
        ValueError: None of the formats, or a folder of several sources.
    """
    if source.is_dir():
        if (source / SAMPLES).is_file() or (source / LABELS).is_file():
            return 'fiftyone'
        if (source / 'annotations.xml').is_file():
            return 'cvat'
        if is_voc(source):
            return 'voc'
        inside = sorted(str(path) for path in source.iterdir() if path.is_dir() and is_voc(path))
        if inside:
            raise ValueError(f'{source} holds folders of Pascal VOC: name one of {inside[:5]}')
        return 'folders'
    suffix = source.suffix.lower()
    if suffix == '.csv':
        header = [name for name in read_header(source) if name not in ignored]
        # A category may be called "label": then its cells are labels, and no names.
        if has_label_rows(header) and not _holds_labels(source, CATEGORY_COLUMNS):
            return 'rows'
        if has_tags(header) and not _holds_labels(source, TAG_COLUMNS):
            return 'tags'
        return 'csv'
    if suffix == '.xml':
        return 'cvat'
    if suffix == '.json':
        return _find_json(source)
    raise ValueError(
        f'expected {source} to be a folder, .csv, .json or .xml; name the format if it has another '
        'suffix'
    )


def _holds_labels(source: Path, columns: tuple[str, ...]) -> bool:
    header = read_header(source)
    at = find_column(source, header, columns)
    cells = [row[at] for _, row in read_body(source, len(header)) if row[at].strip()]
    return bool(cells) and all(parse_label(cell) is not None for cell in cells)


def _find_json(source: Path) -> str:
    content = read_json(source)
    if isinstance(content, list):
        return 'label_studio'
    keys = content.keys() if isinstance(content, dict) else ()
    if 'images' in keys or 'annotations' in keys:
        return 'coco'
    if 'samples' in keys or 'labels' in keys:
        return 'fiftyone'
    raise ValueError(
        f'expected {source} to be a json of COCO, Label Studio or FiftyOne, but got one with the '
        f'keys {[*keys][:5]}'
    )
