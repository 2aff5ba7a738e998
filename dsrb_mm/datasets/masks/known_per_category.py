"""The same number of known labels for every category."""

from __future__ import annotations

import numpy as np

from dsrb_mm.arguments import check_int
from dsrb_mm.datasets.masks.label_mask import LabelMask
from dsrb_mm.registry import MASKS


@MASKS.register_module()
class KnownPerCategory(LabelMask):
    """Keeps a fixed number of labels of every category, positives and negatives alike.

    They are drawn uniformly from the labels that the dataset knows.

    Args:
        number: Known labels per category.
        seed: Seed of NumPy's generator.

    Raises:
        ValueError: ``number`` below 1; on use, a category with fewer known labels.
        TypeError: An argument is not an integer.
    """

    def __init__(self, number: int, seed: int = 0) -> None:
        self.number = check_int('number (of KnownPerCategory)', number, 1)
        self.seed = check_int('seed', seed)

    def choose(self, labels: np.ndarray) -> np.ndarray:
        """Choose the known labels; see the base class."""
        available = (labels >= 0).sum(0)
        short = np.flatnonzero(available < self.number)
        if len(short):
            raise ValueError(
                f'expected every category to have the {self.number} known labels that '
                f'KnownPerCategory keeps, but got {available[short[0]]} in column {short[0]} '
                f'({len(short)} such categories): choose a lower number'
            )
        rng = np.random.default_rng(self.seed)
        known = np.zeros(labels.shape, bool)
        for column in range(labels.shape[1]):
            candidates = np.flatnonzero(labels[:, column] >= 0)
            known[rng.choice(candidates, self.number, replace=False), column] = True
        return known
