"""Which files may be written: never one that is read, and an existing one only if asked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def check_outputs(
    outputs: Iterable[str | Path], inputs: Iterable[str | Path], overwrite: bool = True
) -> None:
    """Refuse outputs that would destroy something, before hours of other work.

    Files are compared, not names: a symbolic link, a hard link or another spelling of an input is
    that input.

    Args:
        outputs: Files to write.
        inputs: Files that are read; they are never overwritten.
        overwrite: Whether other existing files may be replaced.

    Raises:
        ValueError: Two outputs are the same file, an output is an input, or is a folder.
        FileExistsError: An output exists.

    Example:
        >>> check_outputs(['scores.csv'], inputs=['labels.csv', 'model.pth'])
    """
    seen: set[Path] = set()
    existing: list[Path] = []
    for path in map(Path, outputs):
        resolved = path.resolve()
        if resolved in seen:
            raise ValueError(f'expected outputs to be different files, but got {path} twice')
        seen.add(resolved)
        if path.is_dir():
            raise ValueError(f'expected {path} to be a file, but got a folder')
        if path.exists():
            existing.append(path)
    read = {_identity(source) for source in inputs} if existing else set()
    for path in existing:
        if _identity(path) in read:
            raise ValueError(f'expected {path} to be a new file, but got one that is read as input')
        if not overwrite:
            raise FileExistsError(f'{path} exists; --overwrite replaces it')


def check_picture_folder(folder: str | Path, image_folders: Iterable[str | Path]) -> None:
    """Refuse to write pictures among the images that are read.

    Args:
        folder: Where pictures go.
        image_folders: Folders that images are read from.

    Raises:
        ValueError: It is one of them, or lies in one.
    """
    target = Path(folder).resolve()
    for images in image_folders:
        if Path(images).is_dir() and target.is_relative_to(Path(images).resolve()):
            raise ValueError(
                f'expected {folder} to be a folder for pictures alone, but it is in {images}, '
                'where images are read from'
            )


def _identity(path: str | Path) -> object:
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # not there, or a name no file can have
        return None
    return status.st_dev, status.st_ino
