"""What is checked of the list that MMPretrain's VOC dataset follows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .image_names import check_image_names

_PREFIX = dict(img_path='JPEGImages', ann_path='Annotations')


def check_voc_names(config: Mapping) -> None:
    """Check a VOC list before it is followed: MMPretrain joins its lines to folders as they are.

    What else can be wrong with VOC's files is said by :func:`explain_errors`. Python's XML parser
    fetches no external entities and limits the growth of internal ones: both end as an error.

    Args:
        config: Config of the dataset being built; those of other types pass.

    Raises:
        ValueError: A line that leads out of the folders.
    """
    if str(config.get('type')).rsplit('.', 1)[-1] != 'VOC':
        return
    root = Path(str(config.get('data_root') or ''))
    split = config.get('split', 'trainval')
    listed = root / str(config.get('image_set_path') or f'ImageSets/Main/{split}.txt')
    try:
        names = [line for line in listed.read_text(encoding='utf-8').splitlines() if line]
    except (OSError, ValueError):
        return  # the dataset, which reads it next, says so
    prefix = config.get('data_prefix') or _PREFIX
    folders = dict(img_path=prefix) if isinstance(prefix, str) else prefix
    for folder in folders.values():
        check_image_names(names, str(root / (folder or '')), str(listed))
