"""mAP of many resamples of the same images, and intervals from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dsrb_mm.evaluation.average_precision import check_labels, check_scores, mean_over_evaluated


class ResampledPrecision:
    """The mAP of :func:`average_precision`, of images that count several times or not at all.

    The scores of each category are sorted once. A resample then costs two passes over them, which
    makes a thousand resamples affordable.

    Args:
        scores: Finite scores.
        labels: 1 present, 0 absent, -1 unknown.

    Shape:
        (N, C), (N, C).

    Raises:
        ValueError: Shapes differ, a score is not finite, or a label is not of 1, 0, -1.

    Example:
        >>> precision = ResampledPrecision(scores, labels)
        >>> precision.mean(np.ones(len(scores))) == np.nanmean(average_precision(scores, labels)[0])
        True
    """

    def __init__(self, scores: NDArray, labels: NDArray) -> None:
        if scores.ndim != 2 or scores.shape != labels.shape:
            raise ValueError(
                'expected scores and labels to be of one shape (N, C), '
                f'but got {scores.shape} and {labels.shape}'
            )
        check_scores(scores)
        check_labels(labels)
        columns = np.where(labels >= 0, scores, -np.inf).T
        self._order = np.argsort(-columns, axis=1, kind='stable')
        ordered = np.take_along_axis(columns, self._order, 1)
        self._known = np.take_along_axis(labels.T >= 0, self._order, 1)
        present = np.take_along_axis(labels.T == 1, self._order, 1)
        category, place = np.nonzero(present)
        self._image = self._order[category, place]
        # Entries of equal score enter together, so each counts from the last of them.
        self._end = category * labels.shape[0] + _ends_of_equal(ordered)[category, place]
        self._last = np.searchsorted(self._end, self._end, 'right') - 1
        self._first = np.searchsorted(category, np.unique(category))
        self._lengths = np.diff([*self._first, len(category)])

    def mean(self, weights: NDArray) -> float:
        """MAP in [0, 1] where image i counts ``weights[i]`` times; nan without any positive.

        Categories of which no positive counts are left out.

        Shape:
            (N,) -> ().
        """
        if not len(self._image):
            return float('nan')
        seen = np.cumsum(weights[self._order] * self._known, axis=1).reshape(-1)[self._end]
        weight = weights[self._image]
        found = np.cumsum(weight)
        before = np.repeat(found[self._first] - weight[self._first], self._lengths)
        precision = (found[self._last] - before) / np.maximum(seen, 1e-12)
        total = np.add.reduceat(weight, self._first)
        areas = np.add.reduceat(weight * self._envelope(precision), self._first)
        return mean_over_evaluated(np.where(total > 0, areas / np.maximum(total, 1e-12), np.nan))

    def _envelope(self, precision: NDArray) -> NDArray:
        """The highest precision at an equal or later place of the same category."""
        # From behind, each category starts above all that came before: one pass for all of them.
        shift = np.repeat(np.arange(len(self._lengths))[::-1] * 2.0, self._lengths)
        return np.maximum.accumulate((precision + shift)[::-1])[::-1] - shift


def _ends_of_equal(ordered: NDArray) -> NDArray:
    """Place of the last entry of equal value in the same row, for every entry."""
    number = ordered.shape[1]
    is_end = np.ones(ordered.shape, bool)
    is_end[:, :-1] = ordered[:, 1:] != ordered[:, :-1]
    places = np.where(is_end, np.arange(number), number)
    return np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1]


def bootstrap_interval(value: float, resampled: ArrayLike) -> tuple[float, float]:
    """The 95 % interval of a figure from its resamples.

    Images drawn twice are ranked together, which raises average precision: the resamples are moved
    to where their mean is the figure itself.

    Args:
        value: The figure of the images as they are.
        resampled: That of each resample; NaN where it is not defined.

    Returns:
        Lower and upper end; NaN without a resample that defines the figure.

    Example:
        >>> bootstrap_interval(0.0, [1.0, 2.0, 3.0])
        (-0.95, 0.95)
    """
    kept = np.asarray(resampled, float)
    kept = kept[~np.isnan(kept)]
    if not len(kept):
        return float('nan'), float('nan')
    low, high = np.percentile(kept, [2.5, 97.5]) + (value - kept.mean())
    return float(low), float(high)
