"""Reading of files that users bring, with errors that name the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mmengine
import numpy as np


def read_text(path: str | Path) -> str:
    """Text of a file in UTF-8, with or without a byte-order mark.

    Raises:
        FileNotFoundError: No such file.
        ValueError: A folder, or not UTF-8.
    """
    try:
        return mmengine.fileio.get_text(str(path), 'utf-8-sig')
    except (FileNotFoundError, PermissionError):
        raise
    except (OSError, ValueError) as error:  # a folder, a name no file can have, other encodings
        raise ValueError(f'expected {path} to be a text file in UTF-8, but got: {error}') from error


def read_lines(path: str | Path) -> list[str]:
    """Lines of a text file without surrounding blanks; blank lines are skipped.

    Raises:
        FileNotFoundError: No such file.
        ValueError: A folder, or not UTF-8.
    """
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]


def read_json(path: str | Path, object_hook: Callable[[dict], Any] | None = None) -> Any:
    """Content of a json.

    Args:
        path: The file.
        object_hook: Takes every object as soon as it is read and gives what is kept of it: a large
            file need not be in memory as a whole.

    Raises:
        FileNotFoundError: No such file.
        ValueError: No json in UTF-8, or one nested too deep.
    """
    text = read_text(path)
    try:
        return json.loads(text, object_hook=object_hook)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'expected {path} to be a json, but got: {error}') from error


def read_array(path: str | Path) -> np.ndarray:
    """Array of real numbers in an ``.npy`` file; no code in it can run.

    The file is mapped, so that a damaged header takes no memory for what it promises.

    Raises:
        FileNotFoundError: No such file.
        ValueError: No ``.npy`` array of real numbers, or one cut off.
    """
    try:
        # Pickled objects run code when they are read.
        array = np.load(path, mmap_mode='r', allow_pickle=False)
    except FileNotFoundError:
        raise
    # A damaged header may ask for a shape or type that fails anywhere.
    except Exception as error:
        raise ValueError(
            f'expected {path} to be an .npy array of numbers, but got: {error}'
        ) from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise ValueError(f'expected {path} to be an .npy array, but got an .npz archive')
    if array.dtype.kind not in 'biuf':
        raise ValueError(f'expected {path} to hold real numbers, but got dtype {array.dtype}')
    return array
