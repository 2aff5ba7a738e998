"""Statistics of the known training labels: co-occurrence graph, counts, prior."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.special import logit, xlogy

# Rows looked at in one go: a million-image label matrix must not be copied whole.
_ROWS = 8_192


def label_graph(labels: np.ndarray) -> np.ndarray:
    """Conditional co-occurrence of categories, from known positives only.

    ``A[i, j] = #(i and j both known positive) / #(i known positive)``; a category without known
    positive gets a zero row (the published code divides by zero there).

    Args:
        labels: Training labels, 1 present, 0 absent, -1 unknown.

    Shape:
        (N, C) integers -> (C, C) float32 in [0, 1].
    """
    num_classes = labels.shape[1]
    together = sparse.csr_array((num_classes, num_classes), dtype=np.int64)
    for start in range(0, len(labels), _ROWS):
        # A dense product takes minutes with thousands of categories, of which an image shows few.
        positive = sparse.csr_array(labels[start : start + _ROWS] == 1, dtype=np.int64)
        together += positive.T @ positive
    images = np.maximum(together.diagonal(), 1)
    return (together.toarray() / images[:, None]).astype(np.float32)


class KnownLabelCounts(NamedTuple):
    """How many labels are known.

    Attributes:
        positive: Known positives of each category, (C,).
        known: Known labels of each category, (C,).
        num_images: Number of images.
    """

    positive: np.ndarray
    known: np.ndarray
    num_images: int

    @classmethod
    def from_labels(cls, labels: np.ndarray) -> KnownLabelCounts:
        """Count a label matrix (N, C) of 1, 0, -1."""
        positive, known = labels == 1, labels >= 0
        return cls(positive.sum(0), known.sum(0), len(labels))

    def prior_logit(self) -> np.ndarray:
        """Smoothed log-odds of each category among its known labels, (C,) float32.

        ``logit((positive + 1) / (known + 10))``: finite for a category that is never, or always,
        positive. Where all known labels are positive (single positives), unknown ones count as
        absent.
        """
        only_positive = self.positive.any() and np.array_equal(self.positive, self.known)
        rate = (self.positive + 1) / ((self.num_images if only_positive else self.known) + 10)
        return logit(rate).astype(np.float32)

    def base_rate_entropy(self) -> float:
        """Binary cross-entropy (nats, mean over known entries) of predicting each base rate.

        A training loss that stays at this value has learnt nothing from the images. 0 where no
        label is known.
        """
        rate = self.positive / np.maximum(self.known, 1)
        positive, absent = self.positive, self.known - self.positive
        total = xlogy(positive, rate) + xlogy(absent, 1 - rate)
        return float(-total.sum() / max(self.known.sum(), 1))
