"""An array for each image of a data set, on disk: an .npy, and a json that describes it."""

from __future__ import annotations

import errno
import functools
import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log

from dsrb_mm.fileio.annotation_files import read_array, read_json
from dsrb_mm.fileio.atomic import open_atomically, remove_unfinished, write_atomically
from dsrb_mm.fileio.json_values import json_value
from dsrb_mm.fileio.locks import FolderLock

ARRAYS, _DESCRIPTION = 'arrays.npy', 'store.json'
_ADVICE = 'remove the folder to compute it again'
# What the data set adds to a sample, and what the data loader tells of it in any case.
_OF_THE_DATA_SET = ('sample_idx', 'img_path')


class ArrayStore:
    """Arrays of a set of images, read from disk as they are needed.

    Args:
        folder: What :func:`write_store` has written.

    Attributes:
        arrays: (N, ...), mapped from the file.

    Raises:
        FileNotFoundError: There is no finished store.
        ValueError: The files are damaged.

    Example:
        >>> store = ArrayStore('work_dirs/features/0123456789abcdef')
        >>> store.array_of('data/photos/1.jpg').shape
        (1280, 6, 6)
    """

    def __init__(self, folder: str | Path) -> None:
        try:
            description = read_json(Path(folder) / _DESCRIPTION)
            self.arrays = read_array(Path(folder) / ARRAYS)
        except ValueError as error:
            raise ValueError(f'the store in {folder} is damaged ({error}); {_ADVICE}') from error
        try:
            paths, self._meta = description['images'], description['meta']
            fits = [len(paths), *description['shape']] == list(self.arrays.shape)
            fits &= str(self.arrays.dtype) == description['dtype']
        except (KeyError, TypeError) as error:
            raise ValueError(f'{folder} holds no description of its arrays; {_ADVICE}') from error
        if not fits or len(self._meta) != len(paths):
            raise ValueError(f'the arrays in {folder} do not fit their description; {_ADVICE}')
        self._rows = {path: row for row, path in enumerate(paths)}

    def array_of(self, path: str) -> np.ndarray:
        """A copy of the array of an image.

        Raises:
            KeyError: The store does not have the image.
        """
        return np.array(self.arrays[self._rows[path]])

    def meta_of(self, path: str) -> dict[str, Any]:
        """What the pipeline noted about an image, such as ``ori_shape``."""
        meta = self._meta[self._rows[path]]
        return {k: tuple(v) if isinstance(v, list) else v for k, v in meta.items()}


@functools.lru_cache(maxsize=8)
def open_store(folder: str) -> ArrayStore:
    """The store in a folder; opened once per process, however many transforms read it."""
    return ArrayStore(folder)


def store_folder(root: Path, content: dict[str, Any], images: Sequence[str]) -> Path:
    """Folder of a store, named by a hash of all that its arrays depend on.

    Args:
        root: Where stores lie.
        content: What json can hold, or what a string tells.
        images: Image files, which count with their sizes and times of change.

    Raises:
        FileNotFoundError: An image is missing.
    """
    states = [(path, (state := os.stat(path)).st_size, state.st_mtime_ns) for path in images]
    text = json.dumps(dict(content, images=states), sort_keys=True, default=str)
    return root / hashlib.sha256(text.encode()).hexdigest()[:16]


def is_finished(folder: Path) -> bool:
    """Whether a folder holds all of a store; the description is written last."""
    return (folder / _DESCRIPTION).is_file()


def alone_in(folder: Path) -> FolderLock:
    """What a ``with`` block waits for, while another process computes the store of this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return FolderLock(folder, 'computation')


def write_store(
    folder: Path,
    images: Sequence[str],
    like: np.ndarray,
    batches: Iterable[tuple[np.ndarray, list[dict]]],
    description: dict[str, Any],
    name: str = 'features',
) -> None:
    """Write a store; whatever interrupts it leaves none. For use inside :func:`alone_in`.

    Args:
        folder: Where to.
        images: Paths of the images (N).
        like: An array of one image, of the shape and type of all.
        batches: Arrays (B, *like.shape) in the order of the images, with what the pipeline noted
            about each image.
        description: What else the json says, for readers.
        name: What messages call the arrays, in the plural.

    Raises:
        OSError: The disk lacks the space, or cannot be written to.
        ValueError: An array of another shape or type, or one that is not finite.
    """
    remove_unfinished(folder)
    shape = (len(images), *like.shape)
    size = like.itemsize * math.prod(shape)
    print_log(f'{name} of {len(images)} images: {size / 1e6:.1f} MB in {folder}', 'current')
    free = shutil.disk_usage(folder).free
    if size > free:
        raise OSError(
            errno.ENOSPC,
            f'the {name} need {size / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free',
            str(folder),
        )
    meta: list[dict] = []
    # Written like a file, not mapped: on a full disk a mapped file ends the process.
    with open_atomically(folder / ARRAYS, 'wb') as file:
        header = dict(descr=like.dtype.str, fortran_order=False, shape=shape)
        np.lib.format.write_array_header_1_0(file, header)
        for arrays, notes in batches:
            if arrays.shape[1:] != like.shape or arrays.dtype != like.dtype:
                raise ValueError(
                    f'expected the {name} of all images to have the shape {like.shape}, but got '
                    f'{arrays.shape[1:]}: let the pipeline resize them to one size'
                )
            _check_finite(name, arrays, images[len(meta) :])
            file.write(np.ascontiguousarray(arrays).tobytes())
            meta += [_plain_notes(note) for note in notes]
    content = dict(
        description, shape=list(like.shape), dtype=str(like.dtype), images=list(images), meta=meta
    )
    write_atomically(folder / _DESCRIPTION, json.dumps(content).encode())


def _plain_notes(notes: dict[str, Any]) -> dict[str, Any]:
    return {key: json_value(value) for key, value in notes.items() if key not in _OF_THE_DATA_SET}


def _check_finite(name: str, arrays: np.ndarray, images: Sequence[str]) -> None:
    finite = np.isfinite(arrays).reshape(len(arrays), -1).all(1)
    if not finite.all():
        raise ValueError(
            f'the {name} of {images[int(np.flatnonzero(~finite)[0])]} hold NaN, infinity or '
            'numbers beyond half precision (65504): they cannot be cached'
        )
