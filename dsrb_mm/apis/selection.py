"""Which categories count as predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn


@dataclass(frozen=True)
class Selection:
    """Categories from a probability on, or the most certain ones.

    Args:
        thr: Probability from which a category counts as predicted.
        topk: Number of predicted categories.

    Raises:
        ValueError: Not exactly one of the two, ``thr`` outside [0, 1], ``topk`` below 1.
    """

    thr: float | None = None
    topk: int | None = None

    def __post_init__(self) -> None:
        if (self.thr is None) == (self.topk is None):
            raise ValueError(
                f'expected either thr or topk, but got thr={self.thr} and topk={self.topk}'
            )
        if self.thr is not None and not 0 <= self.thr <= 1:
            raise ValueError(f'expected thr to be in [0, 1], but got {self.thr}')
        if self.topk is not None and self.topk < 1:
            raise ValueError(f'expected topk to be at least 1, but got {self.topk}')

    @classmethod
    def for_head(cls, head: nn.Module, thr: float | None, topk: int | None) -> Selection:
        """What is asked for; where nothing is, what the head was built with (``thr`` first)."""
        if thr is None and topk is None:
            thr, topk = head.thr, None if head.thr is not None else head.topk
        return cls(thr, topk)

    def __call__(self, scores: NDArray) -> list[int]:
        """Indices of the predicted categories, the most certain first; of equals the lower first.

        Shape:
            scores (C,).

        Raises:
            ValueError: ``topk`` is above C.
        """
        order = np.argsort(-scores, kind='stable')
        if self.topk is None:
            return order[scores[order] >= self.thr].tolist()
        if self.topk > len(scores):
            raise ValueError(
                f'expected topk to be at most the {len(scores)} categories, but got {self.topk}'
            )
        return order[: self.topk].tolist()
