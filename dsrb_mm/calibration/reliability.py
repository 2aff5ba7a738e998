"""Reliability curves and expected calibration error: how far probabilities are from shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 10


@dataclass(frozen=True)
class Reliability:
    """Bins of equal width over [0, 1]; empty ones are left out.

    Attributes:
        predicted: Mean probability of each bin, (K).
        observed: Share of present labels among its known ones, (K).
        count: Number of its known labels, (K).
    """

    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    count: NDArray[np.int64]

    @property
    def error(self) -> float:
        r"""Expected calibration error, :math:`\sum_k n_k / n \, |predicted_k - observed_k|`.

        In [0, 1]; nan without known labels (Naeini et al., 2015).
        """
        if not len(self.count):
            return float('nan')
        gap = np.abs(self.predicted - self.observed)
        return float(self.count @ gap / self.count.sum())


def reliability(probabilities: ArrayLike, labels: ArrayLike, bins: int = BINS) -> Reliability:
    """Compare probabilities with the shares of present labels.

    Args:
        probabilities: In [0, 1].
        labels: 1 present, 0 absent, -1 unknown, which is never read.
        bins: Number of bins.

    Shape:
        Both arrays of one shape: (N,) of one category, (N, C) of all together.

    Raises:
        ValueError: Different shapes, or values that are not probabilities.
    """
    p, y = np.asarray(probabilities, np.float64), np.asarray(labels)
    if p.shape != y.shape:
        raise ValueError(
            f'expected probabilities and labels to be of one shape, but got {p.shape} and {y.shape}'
        )
    known = y >= 0
    p, y = p[known], y[known]
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError('expected probabilities to lie in [0, 1]')
    bin_of = np.minimum((p * bins).astype(int), bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    used = count > 0
    sums = [np.bincount(bin_of, weights, minlength=bins)[used] for weights in (p, y)]
    return Reliability(sums[0] / count[used], sums[1] / count[used], count[used])
