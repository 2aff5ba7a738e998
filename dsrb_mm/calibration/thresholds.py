"""A threshold per category by its F1, shrunk towards a shared one where labels are few."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dsrb_mm.calibration.labels import check_held_out

PRIOR_POSITIVES = 10.0  # measured: docs/thresholds.md
_TRIED = 512  # shared thresholds


def f1_thresholds(
    logits: ArrayLike, labels: ArrayLike, prior_positives: float = PRIOR_POSITIVES
) -> NDArray[np.float64]:
    r"""Threshold of each category, in the scale of the logits.

    .. math::
        t_c = \frac{n_c}{n_c + k} \, t^{own}_c + \frac{k}{n_c + k} \, t^{shared}

    n_c is the number of known positives of category c and k = ``prior_positives``. The category's
    own threshold has the best F1 on its known labels, and lies half-way between the two scores
    that it separates. The shared one has the best mean of F1 over the categories with known
    positives; it is 0 (probability 0.5) where there are none.

    Args:
        logits: Of held-out images, comparable between categories.
        labels: 1 present, 0 absent, -1 unknown, which is never read.
        prior_positives: k; 0 takes every category's own threshold as it is.

    Shape:
        (N, C), (N, C) -> (C,).

    Raises:
        ValueError: Wrong shapes or values.
    """
    z, y = check_held_out(logits, labels)
    positives = (y == 1).sum(0)
    shared = _best_shared(z, y) if positives.any() else 0.0
    thresholds = np.full(z.shape[1], shared)
    for c in np.flatnonzero(positives):
        known = y[:, c] >= 0
        weight = positives[c] / (positives[c] + prior_positives)
        own = _best_own(z[known, c], y[known, c] == 1)
        thresholds[c] = weight * own + (1 - weight) * shared
    return thresholds


def _best_own(scores: NDArray, present: NDArray) -> float:
    """Threshold of the best F1 of one category; of equal ones the highest."""
    order = np.argsort(-scores, kind='stable')
    ordered = scores[order]
    found = np.cumsum(present[order])
    f1 = 2 * found / (np.arange(1, len(ordered) + 1) + found[-1])
    # Equal scores are predicted together: only the last of a run of them can be the lowest.
    f1[:-1][ordered[1:] == ordered[:-1]] = -1
    best = int(np.argmax(f1))
    below = ordered[min(best + 1, len(ordered) - 1)]
    return float((ordered[best] + below) / 2)


def _best_shared(z: NDArray, y: NDArray) -> float:
    """Threshold of the best mean F1; of many scores, 512 quantiles are tried."""
    known, present = y >= 0, y == 1
    tried = np.unique(z[known])
    if len(tried) > _TRIED:
        tried = np.quantile(tried, np.linspace(0, 1, _TRIED))
    total = np.zeros(len(tried))
    for c in np.flatnonzero(present.any(0)):
        predicted = _reached(z[known[:, c], c], tried)
        found = _reached(z[present[:, c], c], tried)
        total += 2 * found / (predicted + present[:, c].sum())
    return float(tried[np.argmax(total)])


def _reached(scores: NDArray, thresholds: NDArray) -> NDArray:
    """How many scores reach each threshold."""
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side='left')
