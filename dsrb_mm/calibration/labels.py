"""Logits and labels of held-out images."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def check_held_out(logits: ArrayLike, labels: ArrayLike) -> tuple[NDArray, NDArray]:
    """Check logits and labels, and return the logits as float64.

    Raises:
        ValueError: They are not of one shape (N, C), a logit is not finite, or a label is none of
            1, 0, -1.
    """
    values, known = np.asarray(logits, np.float64), np.asarray(labels)
    if values.ndim != 2 or values.shape != known.shape:
        raise ValueError(
            'expected logits and labels to be of one shape (N, C), '
            f'but got {values.shape} and {known.shape}'
        )
    if not np.isfinite(values).all():
        raise ValueError('expected logits to be finite')
    if not np.isin(known, (1, 0, -1)).all():
        raise ValueError('expected labels to be 1 (present), 0 (absent) or -1 (unknown)')
    return values, known


def count_unknown_as_absent(labels: NDArray) -> NDArray:
    """Labels as they are or, where none is known to be absent, with the unknown ones as absent.

    Among known present labels alone any ranking is perfect, and so is any threshold. Where no label
    is known, all stay unknown.
    """
    only_present = (labels == 1).any() and not (labels == 0).any()
    return np.where(labels == -1, 0, labels) if only_present else labels
