"""Finding the image files of annotations, and the paths to write for them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from unicodedata import normalize

from dsrb_mm.datasets.data_checks import real_paths
from dsrb_mm.datasets.imports.annotations import Annotations, ImageTags

_SHOWN = 3


def find_images(found: Annotations, folder: str | None) -> tuple[list[str | None], str]:
    """Find the files of all images in one folder.

    Args:
        found: Result of a reader.
        folder: Where images lie; None: in the reader's folder that holds most of them.

    Returns:
        Files (None for missing ones), and the folder.
    """
    best: tuple[int, list[str | None], str] = (-1, [], '')
    for root in [folder] if folder is not None else found.folders:
        files = [_first_file(root, found.locate(image.path)) for image in found.images]
        count = len(files) - files.count(None)
        if count > best[0]:
            best = (count, files, root)
        if count == len(files):
            break
    return best[1], best[2]


def _first_file(root: str, names: Sequence[str]) -> str | None:
    # macOS writes an accent as a sign of its own (NFD); names in a table seldom have it so.
    forms = [normalize(form, name) for form in ('NFC', 'NFD') for name in names]
    for name in [*names, *forms]:
        if name and '\0' not in name:
            path = os.path.join(root, name)
            if os.path.isfile(path):
                return path
    return None


def merge_images(
    images: Sequence[ImageTags], files: Sequence[str | None]
) -> tuple[list[ImageTags], list[str], int]:
    """Merge the records of each image file; links to a file are the same image.

    Returns:
        Records and files of the images that are there, and how many records were merged.
    """
    there = [(image, file) for image, file in zip(images, files, strict=True) if file is not None]
    merged: dict[str, tuple[ImageTags, str]] = {}
    for (image, file), real in zip(there, real_paths([f for _, f in there]), strict=True):
        old = merged.get(real)
        merged[real] = (image, file) if old is None else (old[0].merge(image), old[1])
    records = [image for image, _ in merged.values()]
    return records, [file for _, file in merged.values()], len(there) - len(merged)


def in_several_splits(images: Sequence[ImageTags], files: Sequence[str | None]) -> list[str]:
    """Find images that different records put into different splits."""
    there = [(image, file) for image, file in zip(images, files, strict=True) if file is not None]
    found: dict[str, set[str]] = defaultdict(set)
    for (image, _), real in zip(there, real_paths([f for _, f in there]), strict=True):
        if image.split is not None:
            found[real].add(image.split)
    return [path for path, splits in found.items() if len(splits) > 1]


def check_found(images: Sequence[ImageTags], files: Sequence[str | None], root: str) -> None:
    """Refuse annotations whose images are missing.

    Raises:
        FileNotFoundError: Some are missing.
    """
    missing = [image for image, file in zip(images, files, strict=True) if file is None]
    if missing:
        first = ', '.join(f'{image.path!r} ({image.place})' for image in missing[:_SHOWN])
        advice = 'name their folder (--images)'
        if len(missing) < len(images):
            advice += ', or leave them out (--skip-missing)'
        raise FileNotFoundError(
            f'{len(missing)} of {len(images)} images not found in {root}: {first}; {advice}'
        )


def paths_below(files: Sequence[str], folder: str) -> list[str]:
    """Make paths relative to a folder above all files, with forward slashes.

    Raises:
        ValueError: The folder is not above all files, or a name is not UTF-8, as the CSV is.
    """
    root = os.path.abspath(folder)
    for file in files:
        try:
            file.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f'expected names of images to be UTF-8, but got {file!r}: rename the file'
            ) from error
    names = [os.path.abspath(file) for file in files]
    outside = [name for name in names if os.path.commonpath([root, name]) != root]
    if outside:
        above = os.path.commonpath([os.path.dirname(name) for name in names])
        raise ValueError(
            f'expected the images to lie below {root}, the folder that paths in the CSV are '
            f'relative to, but got {outside[0]}: write the CSV into {above} or a folder above, or '
            'name another folder (--relative-to)'
        )
    return [Path(os.path.relpath(name, root)).as_posix() for name in names]
