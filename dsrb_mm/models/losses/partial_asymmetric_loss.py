"""Asymmetric loss over the known labels."""

from __future__ import annotations

import torch
from mmpretrain.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.arguments import check_number

from .partial_label_loss import PartialLabelLoss

_TINY = 1e-30


def focal_bce(
    logits: Tensor,
    target: Tensor,
    gamma_pos: float | Tensor,
    gamma_neg: float | Tensor,
    clip: float = 0.0,
    *,
    detach_weights: bool = True,
) -> Tensor:
    """Binary cross-entropy with focusing weights.

    ``y (1 - p)^gamma_pos (-log p) + (1 - y) q^gamma_neg (-log(1 - q))``, with p the probability and
    ``q = max(p - clip, 0)``.

    Args:
        logits: Scores before the sigmoid.
        target: Labels.
        gamma_pos: Focusing of present labels.
        gamma_neg: Focusing of absent labels.
        clip: Probability below which an absent label costs nothing.
        detach_weights: Whether the focusing weights carry no gradient.

    Shape:
        (B, C), (B, C) in [0, 1] -> (B, C).
    """
    # 1 - p from the logits: a subtraction would leave nothing of it where p is close to 1.
    probability, complement = logits.sigmoid(), (-logits).sigmoid()
    positive = -F.logsigmoid(logits)
    negative = -(complement + clip).clamp(max=1).log() if clip else -F.logsigmoid(-logits)
    with torch.set_grad_enabled(torch.is_grad_enabled() and not detach_weights):
        # Powers below 1 have no gradient at 0.
        weight_pos = complement.clamp(min=0 if detach_weights else _TINY) ** gamma_pos
        weight_neg = (probability - clip).clamp(min=0 if detach_weights else _TINY) ** gamma_neg
    return target * weight_pos * positive + (1 - target) * weight_neg * negative


@MODELS.register_module()
class PartialAsymmetricLoss(PartialLabelLoss):
    """Asymmetric loss (ASL) on the known labels; unknown labels are ignored.

    Reference: Ridnik et al., ICCV 2021 (arXiv 2009.14119). Published for complete labels, summed,
    with ``gamma_pos=1, gamma_neg=4, clip=0.05``. A sum grows with the number of known labels, so
    that the mean is the default here. Scores are not calibrated at 0.5: with
    ``gamma_neg > gamma_pos`` and a clip they are too high, and thresholds per category are needed.

    Args:
        gamma_pos: Focusing of present labels, 0 or more.
        gamma_neg: Focusing of absent labels, 0 or more.
        clip: Probability in [0, 1) below which an absent label costs nothing.
        reduction: ``'mean'`` over the known entries, or ``'sum'``.
        loss_weight: Factor of the loss.

    Shape:
        logits (B, C), target (B, C) -> ().

    Raises:
        ValueError: An argument out of range.
        TypeError: An argument is not a number.

    Example:
        >>> loss = PartialAsymmetricLoss(gamma_pos=0, gamma_neg=2)
        >>> loss(torch.zeros(1, 3), torch.tensor([[1.0, 0.0, -1.0]]))
    """

    def __init__(
        self,
        gamma_pos: float = 1.0,
        gamma_neg: float = 4.0,
        clip: float = 0.05,
        reduction: str = 'mean',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(reduction, loss_weight)
        self.gamma_pos = check_number('gamma_pos', gamma_pos, 0)
        self.gamma_neg = check_number('gamma_neg', gamma_neg, 0)
        self.clip = check_number('clip', clip, 0, 0.99)

    def entry_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """See :func:`focal_bce`."""
        return focal_bce(logits, target.clamp(min=0), self.gamma_pos, self.gamma_neg, self.clip)
