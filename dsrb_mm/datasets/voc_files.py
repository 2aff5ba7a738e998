"""What can be wrong with the files that MMPretrain's VOC dataset reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

from .image_names import check_image_names

_PREFIX = dict(img_path='JPEGImages', ann_path='Annotations')


@contextmanager
def explain_voc_errors(config: Mapping) -> Iterator[None]:
    """Check a VOC list before it is followed; name the annotation that cannot be read.

    MMPretrain joins every line of the list to the folders as it is, and its errors do not say which
    file they are about. Python's XML parser fetches no external entities and limits the growth of
    internal ones: both end as an error here.

    Args:
        config: Config of the dataset being built; those of other types pass.

    Raises:
        ValueError: A line that leads out of the folders, or a malformed annotation.
    """
    if str(config.get('type')).rsplit('.', 1)[-1] != 'VOC':
        yield
        return
    root = Path(str(config.get('data_root') or ''))
    split = config.get('split', 'trainval')
    listed = root / (config.get('image_set_path') or f'ImageSets/Main/{split}.txt')
    names = _lines(listed)
    prefix = config.get('data_prefix') or _PREFIX
    folders = dict(img_path=prefix) if isinstance(prefix, str) else prefix
    for folder in folders.values():
        check_image_names(names, str(root / (folder or '')), str(listed))
    try:
        yield
    except (ElementTree.ParseError, AttributeError, TypeError, ValueError) as error:
        annotations = root / (folders.get('ann_path') or '')
        for name in names:
            reason = _malformed(annotations / f'{name}.xml')
            if reason:
                raise ValueError(
                    f'expected {annotations / name}.xml to be a VOC annotation, but got: {reason}'
                ) from error
        raise


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        return []  # the dataset says so
    return [line for line in path.read_text(encoding='utf-8').splitlines() if line]


def _malformed(path: Path) -> str | None:
    """Why an annotation cannot be used; None if it can."""
    try:
        for item in ElementTree.parse(path).getroot().findall('object'):
            if item.findtext('name') is None:
                return 'an object without a name'
            int(item.findtext('difficult', 'nothing'))
    except (ElementTree.ParseError, ValueError, OSError) as error:
        return str(error)
    return None
