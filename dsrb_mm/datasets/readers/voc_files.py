"""What is checked of the files that MMPretrain's VOC dataset follows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import mmengine

from dsrb_mm.datasets.readers.image_names import check_image_names

_PREFIX = dict(img_path='JPEGImages', ann_path='Annotations')


def _listed(config: Mapping) -> Any:
    """The list of images, relative to the root."""
    return config.get('image_set_path') or f'ImageSets/Main/{config.get("split", "trainval")}.txt'


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
    listed = root / str(_listed(config))
    try:
        names = [line for line in listed.read_text(encoding='utf-8').splitlines() if line]
    except (OSError, ValueError):
        return  # the dataset, which reads it next, says so
    prefix = config.get('data_prefix') or _PREFIX
    folders = dict(img_path=prefix) if isinstance(prefix, str) else prefix
    for folder in folders.values():
        check_image_names(names, str(root / (folder or '')), str(listed))


def broken_voc_file(config: Mapping) -> str | None:
    """The first list or annotation in VOC's layout that MMPretrain's class cannot read."""
    prefix = config.get('data_prefix')
    folder = prefix.get('ann_path') if isinstance(prefix, Mapping) else None
    path: Any = ''
    try:
        root = os.fspath(config['data_root'])
        path = os.path.join(root, _listed(config))
        names = mmengine.list_from_file(path)
        if not names:
            return f'{path}: no image listed'
        for name in names:
            path = os.path.join(root, folder or 'Annotations', f'{name}.xml')
            for item in ElementTree.parse(path).iterfind('object'):
                for tag in ('name', 'difficult'):
                    found = item.find(tag)
                    if found is None or (tag == 'difficult' and int(found.text or '') < 0):
                        return f'{path}: an object without a usable <{tag}>'
    except (OSError, ValueError, SyntaxError):
        return path
    except (LookupError, TypeError):
        return None
    return None
