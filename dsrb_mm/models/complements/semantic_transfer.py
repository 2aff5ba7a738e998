"""The base of complements that label unknown categories whose score is high."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from dsrb_mm.models.method_part import TrainingProgress
from dsrb_mm.models.part_building import build_part

from .complement import CategoryBatch, Complement
from .transfer_thresholds import TransferThreshold


class SemanticTransfer(Complement):
    """Base: unknown labels with a score above a threshold are taken to be present.

    From epoch ``begin`` on, the batch gets a second loss term, over its known labels and those
    added. Labels are only ever added, and only as present. The scores and a threshold that is
    learnt are trained from the start. A subclass implements :meth:`score`.

    Args:
        threshold: Config of a :class:`TransferThreshold`; None for :class:`FallingThreshold`.
        begin: Epoch from which labels are added.
        name: See :class:`Complement`.

    Raises:
        TypeError: ``threshold`` is not a threshold.
    """

    changes_features = False

    def __init__(self, threshold: dict | None, begin: float, name: str | None) -> None:
        super().__init__(begin, name)
        self.threshold = build_part(
            'threshold', threshold or dict(type='FallingThreshold'), TransferThreshold
        )

    def advance(self, progress: TrainingProgress) -> None:
        """Follow the schedule of labels and threshold."""
        super().advance(progress)
        self.threshold.follow(progress.epoch - self.begin)

    def score(self, batch: CategoryBatch) -> Tensor | None:
        """How much speaks for each category, in [-1, 1]; None while there are none.

        Shape:
            (B, C).
        """
        raise NotImplementedError

    @torch.no_grad()
    def forward(self, batch: CategoryBatch) -> CategoryBatch | None:
        """Add labels to a copy of the batch."""
        score = self.score(batch)
        if score is None:
            return None
        added = (batch.target == -1) & (score > self.threshold.value)
        return replace(batch, target=batch.target.masked_fill(added, 1), changed=added)

    def extra_losses(self, batch: CategoryBatch) -> dict[str, Tensor]:
        """The loss of the threshold, where it is learnt."""
        if not self.threshold.is_trained:
            return {}
        with torch.no_grad():
            score = self.score(batch)
        loss = None if score is None else self.threshold.loss(score, batch.target)
        return {} if loss is None else {f'loss_{self.name}_threshold': loss}

    def scalars(self) -> dict[str, Tensor]:
        """The threshold."""
        return {f'{self.name}_threshold': self.threshold.value.detach().clone()}
