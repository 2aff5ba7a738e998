"""Feature maps on disk: an .npy in half precision, and a json that describes it."""

from __future__ import annotations

import errno
import fcntl
import functools
import json
import math
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log

from dsrb_mm.fileio.annotation_files import read_array, read_json
from dsrb_mm.fileio.atomic import open_atomically, remove_unfinished, write_atomically

_MAPS, _DESCRIPTION = 'features.npy', 'features.json'
_ADVICE = 'remove the folder to compute the features again'


class FeatureStore:
    """The feature maps of a set of images, read from disk as they are needed.

    Args:
        folder: What :func:`write_store` has written.

    Attributes:
        maps: (N, D, h, w) float16, mapped from the file.

    Raises:
        FileNotFoundError: There is no finished store.
        ValueError: The files are damaged.

    Example:
        >>> store = FeatureStore('work_dirs/features/0123456789abcdef')
        >>> store.map_of('data/photos/1.jpg').shape
        (1280, 6, 6)
    """

    def __init__(self, folder: str | Path) -> None:
        description = read_json(Path(folder) / _DESCRIPTION)
        self.maps = read_array(Path(folder) / _MAPS)
        try:
            paths, self._meta = description['images'], description['meta']
            fits = [len(paths), *description['map_shape']] == list(self.maps.shape)
        except (KeyError, TypeError) as error:
            raise ValueError(f'{folder} holds no description of features; {_ADVICE}') from error
        if not fits or self.maps.dtype != np.float16 or len(self._meta) != len(paths):
            raise ValueError(f'the features in {folder} do not fit their description; {_ADVICE}')
        self._rows = {path: row for row, path in enumerate(paths)}

    def map_of(self, path: str) -> np.ndarray:
        """A copy of the map of an image, (D, h, w) float16.

        Raises:
            KeyError: The store does not have the image.
        """
        return np.array(self.maps[self._rows[path]])

    def meta_of(self, path: str) -> dict[str, Any]:
        """What the pipeline noted about an image, such as ``ori_shape``."""
        meta = self._meta[self._rows[path]]
        return {k: tuple(v) if isinstance(v, list) else v for k, v in meta.items()}


@functools.lru_cache(maxsize=8)
def open_store(folder: str) -> FeatureStore:
    """The store in a folder; opened once per process, however many transforms read it."""
    return FeatureStore(folder)


def is_finished(folder: Path) -> bool:
    """Whether a folder holds all of a store; the description is written last."""
    return (folder / _DESCRIPTION).is_file()


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process computes the store of this folder, and keep others waiting.

    The operating system lets go when the process ends, however it does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / '.lock').open('a') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Closing would not do: workers that were forked meanwhile hold the file open as well.
            fcntl.flock(file, fcntl.LOCK_UN)


def write_store(
    folder: Path,
    images: Sequence[str],
    map_shape: tuple[int, ...],
    batches: Iterable[tuple[np.ndarray, list[dict]]],
    description: dict[str, Any],
) -> None:
    """Write a store; whatever interrupts it leaves none. For use inside :func:`alone_in`.

    Args:
        folder: Where to.
        images: Paths of the images (N).
        map_shape: Shape of each map.
        batches: Maps (B, *map_shape) float16 in the order of the images, with what the pipeline
            noted about each image.
        description: What else the json says, for readers.

    Raises:
        OSError: The disk lacks the space, or cannot be written to.
        ValueError: A map holds a number beyond half precision.
    """
    remove_unfinished(folder)
    shape = (len(images), *map_shape)
    size = 2 * math.prod(shape)
    print_log(f'features of {len(images)} images: {size / 1e6:.1f} MB in {folder}', 'current')
    free = shutil.disk_usage(folder).free
    if size > free:
        raise OSError(
            errno.ENOSPC,
            f'the features need {size / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free',
            str(folder),
        )
    meta: list[dict] = []
    # Written like a file, not mapped: on a full disk a mapped file ends the process.
    with open_atomically(folder / _MAPS, 'wb') as file:
        header = dict(descr='<f2', fortran_order=False, shape=shape)
        np.lib.format.write_array_header_1_0(file, header)
        for maps, notes in batches:
            _check_finite(maps, images[len(meta) :])
            file.write(np.ascontiguousarray(maps, '<f2').tobytes())
            meta += notes
    content = dict(description, map_shape=list(map_shape), images=list(images), meta=meta)
    write_atomically(folder / _DESCRIPTION, json.dumps(content).encode())


def _check_finite(maps: np.ndarray, images: Sequence[str]) -> None:
    finite = np.isfinite(maps).reshape(len(maps), -1).all(1)
    if not finite.all():
        raise ValueError(
            f'the features of {images[int(np.flatnonzero(~finite)[0])]} hold NaN, infinity or '
            'numbers beyond half precision (65504): they cannot be cached'
        )
