"""Checks of the logits and labels of held-out images."""

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
