"""One known positive per image."""

from __future__ import annotations

import numpy as np

from dsrb_mm.arguments import check_int
from dsrb_mm.datasets.label_matrix import row_blocks
from dsrb_mm.datasets.masks.label_mask import LabelMask
from dsrb_mm.registry import MASKS


@MASKS.register_module()
class SinglePositive(LabelMask):
    """Keeps one present category per image, drawn uniformly; everything else becomes unknown.

    An image without a present category keeps nothing.

    Args:
        seed: Seed of NumPy's generator.

    Raises:
        ValueError: A negative ``seed``.
        TypeError: ``seed`` is not an integer.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = check_int('seed', seed)

    def choose(self, labels: np.ndarray) -> np.ndarray:
        """Choose the known labels; see the base class."""
        rng = np.random.default_rng(self.seed)
        known = np.zeros(labels.shape, bool)
        for rows in row_blocks(labels.shape):
            present = labels[rows] == 1
            drawn = np.where(present, rng.random(present.shape), -1).argmax(1)
            some = np.flatnonzero(present.any(1))
            known[rows][some, drawn[some]] = True
        return known
