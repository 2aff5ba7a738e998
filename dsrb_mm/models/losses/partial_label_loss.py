"""The base of all losses for partial labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from dsrb_mm.arguments import check_number
from dsrb_mm.models.method_part import MethodPart


class PartialLabelLoss(MethodPart):
    """Base of losses on logits and partial labels; a subclass is its formula and nothing else.

    The base computes in float32 under mixed precision, masks the entries that do not count,
    reduces, and applies ``loss_weight``. A subclass implements :meth:`entry_losses`; one that uses
    unknown entries sets ``reads_unknown``. Losses work in plain PyTorch, ``loss(logits, target)``,
    and in any MMPretrain multi-label head.

    Args:
        reduction: ``'mean'`` over the entries that count, or ``'sum'``.
        loss_weight: Factor of the loss, 0 or more.

    Attributes:
        reads_unknown: Whether unknown entries contribute. Otherwise their logits change neither the
            loss nor its gradients, and a head need not compute them.
        needs_negatives: Whether training needs labels that are known to be absent.

    Raises:
        ValueError: Unknown ``reduction``, or ``loss_weight`` below 0 or not finite.
        TypeError: ``loss_weight`` is not a number.

    Example:
        >>> class PartialHingeLoss(PartialLabelLoss):
        ...     def entry_losses(self, logits, target):
        ...         return (1 - (2 * target - 1) * logits).clamp(min=0)
    """

    reads_unknown = False
    needs_negatives = True

    def __init__(self, reduction: str = 'mean', loss_weight: float = 1.0) -> None:
        super().__init__()
        formulas = ('entry_losses', 'compute')
        if all(getattr(type(self), name) is getattr(PartialLabelLoss, name) for name in formulas):
            raise NotImplementedError(
                f'{type(self).__name__} has no formula: give it entry_losses(logits, target)'
            )
        if reduction not in ('mean', 'sum'):
            raise ValueError(f"expected reduction to be 'mean' or 'sum', but got {reduction!r}")
        self.reduction = reduction
        self.loss_weight = check_number('loss_weight', loss_weight, 0)

    def see_labels(self, labels: np.ndarray) -> None:
        """Check that the training set has the labels that the loss needs."""
        if self.needs_negatives and (labels == 1).any() and not (labels == 0).any():
            raise ValueError(
                f'{type(self).__name__} needs labels that are known to be absent, but the training '
                'set has none: it would learn to call everything present. Use a loss for positive '
                'labels only'
            )

    def entry_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """The formula: a loss for every entry. The base drops the entries that do not count.

        Shape:
            logits (B, C), target (B, C) in [0, 1] or -1 (unknown) -> (B, C).
        """
        raise NotImplementedError

    def counts(self, logits: Tensor, target: Tensor) -> Tensor:
        """Entries that count: the known ones, or all where the loss reads unknown entries.

        Shape:
            (B, C), (B, C) -> (B, C) bool.
        """
        return torch.ones_like(target, dtype=torch.bool) if self.reads_unknown else target >= 0

    def compute(
        self, logits: Tensor, target: Tensor, weight: Tensor | None, indices: Tensor | None
    ) -> Tensor:
        """The reduced loss. Losses that are not a sum over entries override this."""
        counts = self.counts(logits, target)
        losses = torch.where(counts, self.entry_losses(logits, target), 0)
        total = (losses if weight is None else losses * weight).sum()
        return total / counts.sum().clamp(min=1) if self.reduction == 'mean' else total

    def forward(
        self,
        logits: Tensor,
        target: Tensor,
        avg_factor: int | None = None,
        weight: Tensor | None = None,
        indices: Tensor | None = None,
        **_: Any,
    ) -> Tensor:
        """Loss of a batch.

        Args:
            logits: Scores before the sigmoid.
            target: 1 present, 0 absent, -1 unknown; a soft label in (0, 1) counts as known, and
                gradients flow into it.
            avg_factor: Ignored. MMPretrain's heads pass the batch size; ``reduction`` decides here.
            weight: Weight of each entry.
            indices: Index of each image in the training set, for losses with a state per label.

        Shape:
            (B, C), (B, C), weight (B, C), indices (B,) -> ().
        """
        with torch.autocast(logits.device.type, enabled=False):
            logits = logits if logits.dtype == torch.float64 else logits.float()
            loss = self.compute(logits, target.to(logits.dtype), weight, indices)
            return self.loss_weight * loss
