"""Binary cross-entropy over the known labels."""

from __future__ import annotations

import torch
from mmpretrain.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from dsrb_mm.arguments import check_number


def partial_bce(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy averaged over the known entries, 0 where none is known.

    Shape:
        logits (B, C), target (B, C): in [0, 1] where known, -1 where unknown -> ().
    """
    known = target >= 0
    loss = F.binary_cross_entropy_with_logits(
        logits, target.clamp(min=0), weight=known.to(logits.dtype), reduction='sum'
    )
    return loss / known.sum().clamp(min=1)


@MODELS.register_module()
class PartialBCELoss(nn.Module):
    """Binary cross-entropy that ignores unknown labels (arXiv 2205.13092, partial BCE).

    Usable in DSRB's head and in any MMPretrain multi-label head. Targets follow MMPretrain's code,
    1 present, 0 absent, -1 unknown; a soft target in (0, 1) counts as known, and gradients flow
    into it. The mean runs over the known entries of the batch.

    Args:
        loss_weight: Factor of the loss, 0 or more.

    Raises:
        ValueError: ``loss_weight`` below 0 or not finite.
        TypeError: ``loss_weight`` is no number.
    """

    # Logits of unknown entries change neither loss nor gradients: DSRBHead need not compute them.
    reads_known_only = True

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = check_number('loss_weight', loss_weight, 0)

    def forward(self, logits: Tensor, target: Tensor, avg_factor: int | None = None) -> Tensor:
        """Loss of a batch.

        Args:
            logits: Scores before the sigmoid; computed in float32 under mixed precision.
            target: Labels.
            avg_factor: Accepted because MMPretrain's heads pass the batch size; not used, the
                number of known entries takes its place.

        Shape:
            (B, C), (B, C) -> ().
        """
        with torch.autocast(logits.device.type, enabled=False):
            logits = logits if logits.dtype == torch.float64 else logits.float()
            return self.loss_weight * partial_bce(logits, target.to(logits.dtype))
