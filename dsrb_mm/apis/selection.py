"""Which categories count as predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dsrb_mm.calibration import NEVER, Calibration


@dataclass(frozen=True)
class Selection:
    """Categories from a probability on, or the most certain ones.

    Args:
        thr: Probability from which a category counts as predicted; a sequence holds one for each
            category.
        topk: Number of predicted categories.

    Raises:
        ValueError: Not exactly one of the two, ``thr`` out of range, ``topk`` below 1.
    """

    thr: float | Sequence[float] | None = None
    topk: int | None = None

    def __post_init__(self) -> None:
        if (self.thr is None) == (self.topk is None):
            raise ValueError(
                f'expected either thr or topk, but got thr={self.thr} and topk={self.topk}'
            )
        if isinstance(self.thr, (int, float)) and not 0 <= self.thr <= 1:
            raise ValueError(f'expected thr to be in [0, 1], but got {self.thr}')
        if isinstance(self.thr, Sequence) and not all(0 <= t <= NEVER for t in self.thr):
            raise ValueError(f'expected each thr to be in [0, {NEVER}], but got {self.thr}')
        if self.topk is not None and self.topk < 1:
            raise ValueError(f'expected topk to be at least 1, but got {self.topk}')

    @classmethod
    def for_head(
        cls,
        head: nn.Module,
        thr: float | None,
        topk: int | None,
        calibration: Calibration | None = None,
    ) -> Selection:
        """What is asked for; where nothing is, the calibration's thresholds, else the head's.

        A head that was built to predict the top k does so.
        """
        if thr is not None or topk is not None:
            return cls(thr, topk)
        if head.thr is None:
            return cls(topk=head.topk)
        return cls(head.thr if calibration is None else calibration.thresholds)

    def __call__(self, scores: NDArray) -> list[int]:
        """Indices of the predicted categories, the most certain first; of equals the lower first.

        Shape:
            scores (C,).

        Raises:
            ValueError: ``topk`` is above C.
        """
        order = np.argsort(-scores, kind='stable')
        if self.topk is None:
            reached = scores >= np.broadcast_to(np.asarray(self.thr), scores.shape)
            return order[reached[order]].tolist()
        if self.topk > len(scores):
            raise ValueError(
                f'expected topk to be at most the {len(scores)} categories, but got {self.topk}'
            )
        return order[: self.topk].tolist()
