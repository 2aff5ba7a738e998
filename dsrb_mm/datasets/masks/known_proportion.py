"""A fixed proportion of known labels: the protocol of the published numbers."""

from __future__ import annotations

import numpy as np

from dsrb_mm.arguments import check_int, check_number
from dsrb_mm.datasets.label_matrix import row_blocks
from dsrb_mm.datasets.masks.label_mask import LabelMask
from dsrb_mm.registry import MASKS


@MASKS.register_module()
class KnownProportion(LabelMask):
    """Keeps each label with probability p: the masks of all published numbers.

    ``numpy.random.seed(seed); numpy.random.random((N, C)) < p`` on the whole training matrix,
    positives and negatives alike. Reference: arXiv 2205.13092 and its published masks (seed 0).

    Args:
        p: Proportion of known labels, in (0, 1].
        seed: Seed of NumPy's legacy generator.

    Raises:
        ValueError: ``p`` outside (0, 1], or ``seed`` outside [0, 2**32 - 1].
        TypeError: An argument is not a number.
    """

    def __init__(self, p: float, seed: int = 0) -> None:
        name = 'known_proportion (p of KnownProportion)'
        check_number(name, p)
        if not 0 < p <= 1:
            raise ValueError(f'expected {name} to lie in (0, 1], but got {p!r}')
        self.p = p
        self.seed = check_int('seed', seed, 0, 2**32 - 1)

    def choose(self, labels: np.ndarray) -> np.ndarray:
        """Choose the known labels; see the base class."""
        rng = np.random.RandomState(self.seed)
        known = np.empty(labels.shape, bool)
        # The same numbers as in one piece, without 8 bytes per label at a time.
        for rows in row_blocks(labels.shape):
            known[rows] = rng.random_sample(known[rows].shape) < self.p
        return known
