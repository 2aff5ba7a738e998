"""Exports of CVAT: "CVAT for images 1.1"."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from dsrb_mm.datasets.imports.annotations import Annotations, ImageTags, ReaderOptions
from dsrb_mm.datasets.imports.folders import SPLITS

_FILE = 'annotations.xml'


def read_cvat(path: Path, options: ReaderOptions) -> Annotations:
    """Read annotations.xml, or the folder that holds it; see :func:`import_labels`.

    A category is present if the image has a tag, a box or another shape of it. Python's XML parser
    fetches nothing from elsewhere and limits the growth of entities.

    Raises:
        ValueError: No XML, one of a video, or an image or label without a name.
    """
    file = path / _FILE if path.is_dir() else path
    try:
        root = ElementTree.parse(file).getroot()
    except (ElementTree.ParseError, UnicodeError, LookupError) as error:
        raise ValueError(f'expected {file} to be an XML file of CVAT, but got: {error}') from error
    if root.tag != 'annotations' or root.find('track') is not None:
        got = 'tracks of a video' if root.find('track') is not None else f'<{root.tag}>'
        raise ValueError(
            f'expected {file} to be an export in the format "CVAT for images 1.1", but got {got}'
        )
    categories = [(name.text or '').strip() for name in root.iterfind('meta//labels/label/name')]
    images = []
    for number, item in enumerate(root.iterfind('image')):
        name = item.get('name')
        place = f'{file}, image {number}'
        if not name:
            raise ValueError(f'{place}: expected an <image> with a name, but got {item.attrib}')
        labels = [shape.get('label', '').strip() for shape in item]
        if not all(labels):
            at = labels.index('')
            raise ValueError(f'{place} ({name}): expected <{item[at].tag}> to have a label')
        split = SPLITS.get((item.get('subset') or '').lower())
        images.append(ImageTags(name, place, frozenset(labels), split=split))
    beside = file.parent
    return Annotations(
        images, [name for name in categories if name], [str(beside / 'images'), str(beside)]
    )
