"""Detection of the format of annotations."""

from __future__ import annotations

from pathlib import Path

from dsrb_mm.datasets.imports.fiftyone import LABELS, SAMPLES
from dsrb_mm.datasets.imports.tag_column import has_tags
from dsrb_mm.datasets.imports.voc import is_voc
from dsrb_mm.fileio.annotation_files import read_json


def find_format(source: Path) -> str:
    """Detect the format of a file or folder.

    Args:
        source: The file or folder.

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
        return 'tags' if has_tags(source) else 'csv'
    if suffix == '.xml':
        return 'cvat'
    if suffix == '.json':
        return _find_json(source)
    raise ValueError(
        f'expected {source} to be a folder, .csv, .json or .xml; name the format if it has another '
        'suffix'
    )


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
