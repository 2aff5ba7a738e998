"""What datasets say twice: repeated images, contradicting labels, training images in evaluation."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

SHOWN = 5  # culprits that a message names


class Contradiction(NamedTuple):
    """A label that one row of an image has as present and another as absent."""

    name: str
    category: int
    present_row: int
    absent_row: int


def repeated_names(names: Iterable[str]) -> dict[str, list[int]]:
    """Rows of every name that is listed more than once."""
    rows = defaultdict(list)
    for row, name in enumerate(names):
        rows[name].append(row)
    return {name: found for name, found in rows.items() if len(found) > 1}


def contradictions(repeated: dict[str, list[int]], labels: np.ndarray) -> list[Contradiction]:
    """One contradicting label per repeated image, of those that have any.

    Args:
        repeated: What :func:`repeated_names` gives.
        labels: Labels (N, C) in {1, 0, -1}.
    """
    found = []
    for name, rows in repeated.items():
        own = labels[rows]
        columns = np.flatnonzero((own == 1).any(0) & (own == 0).any(0))
        if len(columns):
            column = own[:, columns[0]]
            present, absent = rows[int(np.argmax(column == 1))], rows[int(np.argmax(column == 0))]
            found.append(Contradiction(name, int(columns[0]), present, absent))
    return found


def real_paths(paths: Iterable[str]) -> list[str]:
    """Paths with all links resolved; a missing file keeps its name."""
    folder = lru_cache(maxsize=None)(os.path.realpath)  # far fewer folders than files
    joined = (os.path.join(folder(os.path.dirname(path)), os.path.basename(path)) for path in paths)
    return [os.path.realpath(path) if os.path.islink(path) else path for path in joined]


def shared_images(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """Paths in the second list that are images of the first, by resolved paths."""
    known = set(real_paths(one))
    return [path for path, real in zip(other, real_paths(other), strict=True) if real in known]


def shorten(items: Sequence[Any]) -> str:
    """The first few of a list, for a message."""
    return ', '.join(map(str, items[:SHOWN])) + (', ...' if len(items) > SHOWN else '')
