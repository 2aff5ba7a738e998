"""Which image names of an annotation file may be opened."""

from __future__ import annotations

import os
from collections.abc import Iterable

_SHOWN = 3  # names in a message


def check_image_names(names: Iterable[str], folder: str, source: str) -> None:
    """Refuse names that lead out of the image folder, or to another machine.

    Annotation files come from elsewhere: none of them may choose a file outside the folder that the
    config names. The folder ``'/'`` allows every absolute path. Symbolic links are followed:
    whoever put the folder together made them.

    Args:
        names: Paths as the annotations have them.
        folder: Folder that they are relative to; empty is the current one.
        source: Annotation file, for the message.

    Raises:
        ValueError: A name is not a path, is absolute outside the folder, leaves it by ``..``, or is
            a URL.
    """
    root = folder or '.'
    wrong = [name for name in names if not _is_inside(name, root)]
    if wrong:
        raise ValueError(
            f'expected image names in {source} to stay inside {root!r}, but got {len(wrong)} that '
            f'do not: {wrong[:_SHOWN]}'
        )


def join_name(folder: str, name: str) -> str:
    """Path of an image: its name, in the folder unless it is absolute."""
    return name if not folder or os.path.isabs(name) else f'{folder.rstrip("/")}/{name}'


def _is_inside(name: object, root: str) -> bool:
    if not isinstance(name, str) or not name or '\0' in name or '://' in name:
        return False
    if '://' in root:  # another file backend: there is no current directory
        return not name.startswith('/') and '..' not in name.split('/')
    if '..' not in name and not os.path.isabs(name):  # of a million names almost all
        return True
    top = os.path.abspath(root)
    return os.path.commonpath([top, os.path.abspath(os.path.join(top, name))]) == top
