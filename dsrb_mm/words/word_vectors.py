"""Loading of word vectors and class lists, from files or from those shipped with the package."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from dsrb_mm.fileio.annotation_files import read_array, read_lines
from dsrb_mm.fileio.paths import user_path

ASSETS = Path(__file__).resolve().parents[1] / 'assets'
PREFIX = 'dsrb_mm::'
SUFFIXES = {'word_vectors': '.npy', 'classes': '.txt', 'phrases': '.txt'}


class WordVectorMismatchError(ValueError):
    """Word vectors of a checkpoint that are not those of the config."""


def shipped_assets(kind: str) -> list[str]:
    """List the shipped assets of a kind by the names that configs use.

    Args:
        kind: ``'word_vectors'``, ``'classes'`` or ``'phrases'``.

    Returns:
        Names such as ``'dsrb_mm::coco_minilm'``, sorted.
    """
    return sorted(f'{PREFIX}{p.stem}' for p in (ASSETS / kind).glob(f'*{SUFFIXES[kind]}'))


def find_asset(source: str | Path, kind: str) -> Path:
    """Resolve a path or a shipped name.

    Args:
        source: Path of a file, or ``'dsrb_mm::<name>'`` for a shipped one.
        kind: ``'word_vectors'``, ``'classes'`` or ``'phrases'``.

    Raises:
        TypeError: If ``source`` is neither a string nor a path.
        FileNotFoundError: If there is no such file; the message lists the shipped names.
    """
    if not isinstance(source, (str, Path)):
        raise TypeError(f'expected source to be a str or a Path, but got {type(source).__name__}')
    if isinstance(source, str) and source.startswith(PREFIX):
        path = ASSETS / kind / f'{source[len(PREFIX) :]}{SUFFIXES[kind]}'
    else:
        path = user_path(source)
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f'expected {kind} to be an existing file or one of {shipped_assets(kind)}, '
            f'but got {str(source)!r}'
        )
    return path


def load_class_names(source: str | Path) -> list[str]:
    """Read a class list, one name a line; blank lines are skipped.

    Args:
        source: Path of a text file, or ``'dsrb_mm::coco'``, ``'dsrb_mm::voc'``, ...

    Raises:
        FileNotFoundError: If there is no such list.
        ValueError: If the list is empty, holds a name twice or is not in UTF-8.
    """
    names = read_lines(find_asset(source, 'classes'))
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if not names or repeated:
        raise ValueError(
            f'expected {source} to hold different names, one a line, '
            f'but got {f"{repeated} repeatedly" if repeated else "none"}'
        )
    return names


def load_word_vectors(source: str | Path, num_classes: int) -> np.ndarray:
    """Load one word vector per category.

    A row of zeros is accepted with a warning: published files have them for words their
    vocabulary lacked. It makes the attention of its category uniform.

    Args:
        source: Path of an ``.npy`` file, or the name of a shipped one such as
            ``'dsrb_mm::coco_minilm'``.
        num_classes: Number of categories C that the file has to hold.

    Shape:
        - Output: (C, K), float32, for any width K.

    Raises:
        FileNotFoundError: If there is no such file; the message lists the shipped names.
        ValueError: If it is not an array of real, finite numbers of shape (C, K).
    """
    path = find_asset(source, 'word_vectors')
    array = read_array(path)
    _check(array, path, num_classes)
    with np.errstate(over='ignore'):  # reported below as not finite
        vectors = array.astype(np.float32)
    if not np.isfinite(vectors).all():
        rows = np.flatnonzero(~np.isfinite(vectors).all(axis=1)).tolist()
        raise ValueError(
            f'expected {path} to be finite in float32, but got bad values in rows {rows}'
        )
    zero = np.flatnonzero(~vectors.any(axis=1)).tolist()
    if zero:
        warnings.warn(f'{path}: word vectors of rows {zero} are all zero', stacklevel=2)
    return vectors


def vector_names(source: str | Path) -> list[str] | None:
    """Categories that word vectors were made for, in their order; None where nobody noted them.

    ``tools/word_vectors.py`` notes them in ``NAME.classes.txt`` beside ``NAME.npy``; a shipped set
    ``'dsrb_mm::coco_minilm'`` is for the shipped list ``'dsrb_mm::coco'``.

    Args:
        source: What :func:`load_word_vectors` is given.

    Raises:
        ValueError: The list is not a class list.
    """
    text = str(source)
    if text.startswith(PREFIX):
        name = text.rpartition('_')[0]
        return load_class_names(name) if name in shipped_assets('classes') else None
    path = names_beside(user_path(text))
    return load_class_names(path) if path.is_file() else None


def names_beside(vectors: Path) -> Path:
    """The file beside an ``.npy`` of word vectors that says which categories they are for."""
    return vectors.with_suffix('.classes.txt')


def _check(array: np.ndarray, path: Path, num_classes: int) -> None:
    """Check kind and shape of the numbers read."""
    if array.dtype.kind == 'b':
        raise ValueError(f'expected {path} to hold real numbers, but got dtype {array.dtype}')
    if array.ndim != 2 or array.shape[0] != num_classes or array.shape[1] == 0:
        raise ValueError(
            f'expected {path} to be of shape (C, K) with C = {num_classes} categories, '
            f'but got {array.shape}'
        )
