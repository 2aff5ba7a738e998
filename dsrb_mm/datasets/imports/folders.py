"""A folder per category, with its images in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from filecmp import cmp
from pathlib import Path

from dsrb_mm.datasets.image_decoding import IMAGE_SUFFIXES
from dsrb_mm.datasets.imports.annotations import Annotations, ImageTags, ReaderOptions

# Names of folders, and of tags of annotation tools, that stand for splits.
SPLITS = {
    'train': 'train',
    'training': 'train',
    'val': 'val',
    'valid': 'val',
    'validation': 'val',
    'test': 'test',
    'testing': 'test',
}
UNLABELLED = '_unlabeled'


def read_folders(path: Path, options: ReaderOptions) -> Annotations:
    """Read ``dog/1.jpg``, or ``train/dog/1.jpg``; see :func:`import_labels`.

    An image with several categories lies in several folders, as a link or a copy. Folders below
    that of a category belong to it; images directly in the folder, or in ``_unlabeled``, have no
    label. Hidden files and folders are left out.

    Raises:
        ValueError: No folder of a category.
    """
    found = sorted(entry.name for entry in _folders(path))
    split_folders = bool(found) and all(name.lower() in SPLITS for name in found)
    images: list[ImageTags] = []
    categories: dict[str, None] = {}
    for top in found if split_folders else ['']:
        split = SPLITS[top.lower()] if split_folders else None
        for folder in sorted(_folders(path / top)):
            named = folder.name != UNLABELLED
            if named:
                categories[folder.name.strip()] = None
            present = frozenset({folder.name.strip()} if named else ())
            images += [
                ImageTags(name, str(folder), present, seen=named, split=split)
                for name in _images(folder, path)
            ]
        images += [
            ImageTags(name, str(path / top), seen=False, split=split)
            for name in _images(path / top, path, deep=False)
        ]
    if not categories:
        raise ValueError(f'expected {path} to hold a folder per category, but got none')
    return Annotations(_of_copies(images, path), list(categories), [str(path)])


def _images(folder: Path, root: Path, deep: bool = True) -> list[str]:
    found = []
    for where, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        if not deep:
            folders.clear()
        relative = Path(where).relative_to(root)
        found += [(relative / name).as_posix() for name in sorted(names) if _is_image(name)]
    return found


def _is_image(name: str) -> bool:
    return name.lower().endswith(IMAGE_SUFFIXES) and not _is_hidden(name)


def _folders(path: Path) -> list[Path]:
    return [entry for entry in path.iterdir() if entry.is_dir() and not _is_hidden(entry.name)]


def _is_hidden(name: str) -> bool:
    return name.startswith('.') or name == '__MACOSX'


def _of_copies(images: Sequence[ImageTags], root: Path) -> list[ImageTags]:
    """Name copies of an image, of one name in several folders, like the first of them."""
    first: dict[tuple[str, int], list[str]] = {}
    result = []
    for image in images:
        file = root / image.path
        if not file.is_file():  # a link to nothing, which is said later
            result.append(image)
            continue
        alike = first.setdefault((file.name, file.stat().st_size), [])
        same = [path for path in alike if cmp(root / path, file, shallow=False)]
        alike += [] if same else [image.path]
        result.append(replace(image, path=same[0]) if same else image)
    return result
