"""What an inferencer is given: files, folders, images of Pillow, arrays."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dsrb_mm.datasets.image_decoding import IMAGE_SUFFIXES
from dsrb_mm.fileio.paths import user_path

CHANNEL_ORDERS = ('rgb', 'bgr')


@dataclass(frozen=True)
class ImageInput:
    """One image to predict.

    Attributes:
        name: What to call its picture: path below the folder given, without suffix.
        path: Image file, as given; None for others.
        array: BGR, uint8, (H, W, 3); None for others.
        image: Image of Pillow; None for others.
    """

    name: str
    path: str | None = None
    array: np.ndarray | None = None
    image: Image.Image | None = None


def collect_images(inputs: Any, channel_order: str | None = None) -> list[ImageInput]:
    """List the images behind paths, folders, images of Pillow and arrays, in the order given.

    Args:
        inputs: A file, a folder (searched recursively for :data:`IMAGE_SUFFIXES`, sorted by path,
            hidden files left out), an image of Pillow in any mode, an array of shape (H, W, 3) and
            uint8, or a list of any of these.
        channel_order: Of arrays: ``'rgb'``, or ``'bgr'`` as OpenCV reads them. There is no default,
            since nothing would show that it is the wrong one. Others than arrays ignore it.

    Returns:
        The images, each with a name of its own.

    Raises:
        FileNotFoundError: A file or folder does not exist.
        ValueError: No image at all, a folder without images, an array of another kind, or one
            without ``channel_order``.
        TypeError: Something else than a path, an image or an array.

    Example:
        >>> collect_images([Image.open('a.jpg'), cv2.imread('b.jpg')], channel_order='bgr')
    """
    if channel_order not in (None, *CHANNEL_ORDERS):
        raise ValueError(
            f'expected channel_order to be one of {CHANNEL_ORDERS}, but got {channel_order!r}'
        )
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    images = [image for i, entry in enumerate(given) for image in _expand(entry, i, channel_order)]
    if not images:
        raise ValueError('expected inputs to hold at least one image, but got an empty list')
    used: set[str] = set()
    return [replace(image, name=_distinct(image.name, used)) for image in images]


def _expand(entry: Any, index: int, channel_order: str | None) -> Iterator[ImageInput]:
    if isinstance(entry, ImageInput):
        yield entry
    elif isinstance(entry, np.ndarray):
        _check_array(entry, index, channel_order)
        bgr = entry if channel_order == 'bgr' else entry[..., ::-1]
        yield ImageInput(f'{index:06d}', array=np.ascontiguousarray(bgr))
    elif isinstance(entry, Image.Image):
        yield ImageInput(f'{index:06d}', image=entry)
    elif isinstance(entry, (str, Path)):
        path = user_path(entry)
        if path.is_dir():
            yield from _search(path)
        elif path.is_file():
            yield ImageInput(path.stem, str(path))
        else:
            raise FileNotFoundError(f'expected an image file or a folder, but found no {path}')
    else:
        raise TypeError(
            f'expected input {index} to be a path, an image of Pillow or an array, but got '
            f'{type(entry).__name__}'
        )


def _search(folder: Path) -> Iterator[ImageInput]:
    everything = list(folder.rglob('*'))
    linked = [path for path in everything if path.is_symlink() and path.is_dir()]
    if linked:
        warnings.warn(
            f'{len(linked)} folders in {folder} are links and are not searched, such as '
            f'{linked[0]}: give them as inputs of their own',
            stacklevel=2,
        )
    found = sorted(
        path
        for path in everything
        if path.suffix.lower() in IMAGE_SUFFIXES
        and not any(part.startswith('.') for part in path.relative_to(folder).parts)
        and path.is_file()
    )
    if not found:
        raise ValueError(
            f'expected folder {folder} to hold images ({", ".join(IMAGE_SUFFIXES)}), but got none'
        )
    for path in found:
        yield ImageInput(path.relative_to(folder).with_suffix('').as_posix(), str(path))


def _check_array(array: np.ndarray, index: int, channel_order: str | None) -> None:
    if array.ndim != 3 or array.shape[2] != 3 or array.size == 0 or array.dtype != np.uint8:
        raise ValueError(
            f'expected input {index} to be an image of shape (H, W, 3) and uint8, but got '
            f'shape {array.shape} of {array.dtype}'
        )
    if channel_order is None:
        raise ValueError(
            f"input {index} is an array: say channel_order='rgb', or 'bgr' for what OpenCV reads"
        )


def _distinct(name: str, used: set[str]) -> str:
    """The name, or with a number behind it where another image has it already."""
    candidate, number = name, 1
    while candidate in used:
        number += 1
        candidate = f'{name}_{number}'
    used.add(candidate)
    return candidate
