"""Folders laid out as those of Pascal VOC."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from dsrb_mm.datasets.image_decoding import IMAGE_SUFFIXES
from dsrb_mm.datasets.imports.annotations import Annotations, ImageTags, ReaderOptions
from dsrb_mm.fileio.annotation_files import read_lines

ANNOTATIONS, IMAGES = 'Annotations', 'JPEGImages'
_LISTS = Path('ImageSets', 'Main')


def read_voc(path: Path, options: ReaderOptions) -> Annotations:
    """Read ``Annotations/*.xml`` of the images in ``JPEGImages``; see :func:`import_labels`.

    A category is present if the image has an object of it; if all of them are marked difficult, the
    label is unknown. ``ImageSets/Main`` says which images there are and their splits; without it,
    all annotations count.

    Raises:
        FileNotFoundError: A list names an image without an annotation.
        ValueError: No annotation, no XML, or an object without a name.
    """
    listed = _listed(path)
    if not listed:
        listed = [(file.stem, None) for file in sorted((path / ANNOTATIONS).glob('*.xml'))]
    if not listed:
        raise ValueError(f'expected {path / ANNOTATIONS} to hold .xml files, but got none')
    images = [_read(path / ANNOTATIONS / f'{name}.xml', name, split) for name, split in listed]
    categories = sorted(frozenset().union(*(image.present | image.disputed for image in images)))
    suffixes = [*IMAGE_SUFFIXES, *(suffix.upper() for suffix in IMAGE_SUFFIXES)]
    return Annotations(
        images,
        categories,
        [str(path / IMAGES)],
        lambda name: [f'{name}{suffix}' for suffix in suffixes],
    )


def is_voc(path: Path) -> bool:
    """Whether a folder is laid out as one of Pascal VOC."""
    return (path / IMAGES).is_dir() or any((path / ANNOTATIONS).glob('*.xml'))


def _listed(path: Path) -> list[tuple[str, str | None]]:
    """Names and splits of the lists; ``trainval`` stands for ``train`` where there is none."""
    lists = {
        name: _names(path / _LISTS / f'{name}.txt') for name in ('train', 'trainval', 'val', 'test')
    }
    val = set(lists['val'])
    train = lists['train'] or [name for name in lists['trainval'] if name not in val]
    splits = dict(train=train, val=lists['val'], test=lists['test'])
    return [(name, split) for split, names in splits.items() for name in names]


def _names(file: Path) -> list[str]:
    if not file.is_file():
        return []
    names = [line.split()[0] for line in read_lines(file)]
    outside = [name for name in names if Path(name).name != name]
    if outside:
        raise ValueError(f'{file}: expected names of images, but got {outside[0]!r}')
    return names


def _read(file: Path, name: str, split: str | None) -> ImageTags:
    if not file.is_file():
        raise FileNotFoundError(f'no such file: {file}, the annotation of a listed image')
    try:
        root = ElementTree.parse(file).getroot()
    except (ElementTree.ParseError, UnicodeError, LookupError) as error:
        raise ValueError(f'expected {file} to be an XML file of VOC, but got: {error}') from error
    present: set[str] = set()
    difficult: set[str] = set()
    for item in root.iterfind('object'):
        category = (item.findtext('name') or '').strip()
        if not category:
            raise ValueError(f'{file}: expected each <object> to have a <name>')
        (difficult if (item.findtext('difficult') or '').strip() == '1' else present).add(category)
    return ImageTags(
        name, str(file), frozenset(present), disputed=frozenset(difficult - present), split=split
    )
