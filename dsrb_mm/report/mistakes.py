"""The worst mistakes, and categories that are confused with each other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsrb_mm.calibration import logits_of

PER_CATEGORY = 2


class Mistake(NamedTuple):
    """A wrong decision: image and category by index; ``missed`` or wrongly predicted."""

    image: int
    category: int
    missed: bool


class Confusion(NamedTuple):
    """Images in which one category is missed and another one is wrongly predicted.

    Attributes:
        present: The category missed.
        predicted: The absent category that is predicted.
        images: How many there are.
        expected: How many there would be if the two were independent.
    """

    present: int
    predicted: int
    images: int
    expected: float


def worst_mistakes(
    probabilities: NDArray,
    labels: NDArray,
    predicted: NDArray,
    thresholds: NDArray,
    number: int,
    per_category: int = PER_CATEGORY,
) -> tuple[list[Mistake], list[Mistake]]:
    """Known labels that were decided wrongly, those farthest from their threshold first.

    The distance is that of the logits of probability and threshold, so that categories of low
    thresholds have their share.

    Args:
        probabilities: Of the images.
        labels: 1, 0, -1; unknown ones are never mistakes.
        predicted: Decisions.
        thresholds: Of each category, or of each decision.
        number: Maximum number of each kind.
        per_category: Maximum number of each category and kind.

    Shape:
        (N, C) each, thresholds (C,) or (N, C).

    Returns:
        Wrongly predicted ones, and missed ones.
    """
    distance = logits_of(probabilities) - logits_of(np.minimum(thresholds, 1))
    found = []
    for missed in (False, True):
        wrong = (labels == 1) & ~predicted if missed else (labels == 0) & predicted
        images, categories = np.nonzero(wrong)
        size = distance[images, categories] * (-1 if missed else 1)
        kept: list[Mistake] = []
        counts = np.zeros(labels.shape[1], int)
        for place in np.argsort(-size, kind='stable'):
            if len(kept) == number:
                break
            category = int(categories[place])
            if counts[category] < per_category:
                counts[category] += 1
                kept.append(Mistake(int(images[place]), category, missed))
        found.append(kept)
    return found[0], found[1]


def find_confusions(
    labels: NDArray, predicted: NDArray, number: int = 20, at_least: int = 3
) -> list[Confusion]:
    """Find pairs (a, b) of categories: a is present and missed where b is absent and predicted.

    The expected number is that of the images in which a is missed, times the share of wrong
    predictions of b among the images known not to show it. Pairs are sorted by
    (images - expected) / sqrt(expected), so that a category that is predicted nearly everywhere is
    not in all of them.

    Args:
        labels: 1, 0, -1.
        predicted: Decisions.
        number: Maximum number of pairs.
        at_least: Pairs of fewer images are left out.

    Shape:
        (N, C).

    Returns:
        Pairs with more images than expected.
    """
    missed = ((labels == 1) & ~predicted).astype(float)
    wrong = ((labels == 0) & predicted).astype(float)
    absent = (labels == 0).astype(float)
    pairs = missed.T @ wrong
    expected = (missed.T @ absent) * (wrong.sum(0) / np.maximum(absent.sum(0), 1))
    excess = (pairs - expected) / np.sqrt(np.maximum(expected, 1e-9))
    excess[(pairs < at_least) | (pairs <= expected)] = -np.inf
    order = np.argsort(-excess, axis=None, kind='stable')[:number]
    return [
        Confusion(int(a), int(b), int(pairs[a, b]), float(expected[a, b]))
        for a, b in zip(*np.unravel_index(order, pairs.shape), strict=True)
        if excess[a, b] > -np.inf
    ]
