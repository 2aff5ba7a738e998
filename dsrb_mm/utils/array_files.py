"""Reading ``.npy`` files without trusting them."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def load_array(path: str | Path) -> np.ndarray:
    """Read the array of an ``.npy`` file; no code in it can run.

    The file is mapped, so that a damaged header takes no memory for what it promises.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Damaged, an archive, or an array of objects, which are pickled.
    """
    try:
        array = np.load(path, mmap_mode='r', allow_pickle=False)
    except FileNotFoundError:
        raise
    except Exception as error:  # a damaged header raises what Python's parser likes
        raise ValueError(f'expected {path} to be an .npy array of numbers, but got: {error}') from (
            error
        )
    if not isinstance(array, np.ndarray):
        array.close()
        raise ValueError(f'expected {path} to be an .npy array, but got an .npz archive')
    return array
