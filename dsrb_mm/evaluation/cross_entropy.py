"""The loss of held-out labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def mean_cross_entropy(logits: ArrayLike, labels: ArrayLike) -> float:
    """Mean binary cross-entropy of the known labels, in natural units; nan without any.

    Args:
        logits: Of the model.
        labels: 1 present, 0 absent, -1 unknown.

    Shape:
        (N, C), each.

    Example:
        >>> mean_cross_entropy([[0.0, 5.0]], [[1, -1]])  # log(2)
        0.6931471805599453
    """
    known = np.asarray(labels) >= 0
    present = np.asarray(labels)[known] == 1
    values = np.asarray(logits, np.float64)[known]
    if not values.size:
        return float('nan')
    return float(np.logaddexp(0, np.where(present, -values, values)).mean())
