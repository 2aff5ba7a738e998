"""Expected number of positives as a regulariser."""

from __future__ import annotations

import numpy as np
import torch
from mmpretrain.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.arguments import check_number

from .partial_label_loss import PartialLabelLoss


def expected_positives_penalty(probability: Tensor, expected: Tensor) -> Tensor:
    """``(mean over the batch of sum_c p - expected)^2 / C^2``.

    Shape:
        (B, C), () -> ().
    """
    excess = probability.sum(1).mean() - expected
    return (excess / probability.shape[1]) ** 2


@MODELS.register_module()
class ExpectedPositivesLoss(PartialLabelLoss):
    """Expected-positive regularisation (EPR): known labels, and a plausible number of positives.

    Reference: Cole et al., CVPR 2021 (arXiv 2106.09708). Binary cross-entropy of the known entries
    over B C, plus ``(mean_b sum_c p - k)^2 / C^2`` with k the expected number of present categories
    per image. Published k: 1.5 on VOC, 2.9 on COCO, 1.9 on NUS, 31.4 on CUB.

    Args:
        expected_positives: k; ``'auto'`` sums the share of present labels among the known ones of
            each category, which needs labels that are known to be absent.
        reduction: ``'mean'`` as above, or ``'sum'``: B C times that.
        loss_weight: Factor of the loss.

    Shape:
        logits (B, C), target (B, C) -> ().

    Raises:
        ValueError: ``expected_positives`` out of range, or ``'auto'`` without known absent labels.
        TypeError: An argument of a wrong type.

    Example:
        >>> loss = ExpectedPositivesLoss(expected_positives=1.5)
        >>> loss(torch.zeros(1, 3), torch.tensor([[1.0, -1.0, -1.0]]))
    """

    reads_unknown = True
    expected_positives: Tensor

    def __init__(
        self,
        expected_positives: float | str,
        reduction: str = 'mean',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(reduction, loss_weight)
        self.needs_negatives = expected_positives == 'auto'
        value = 0.0
        if not self.needs_negatives:
            value = float(check_number('expected_positives', expected_positives, 0))
        self.register_buffer('expected_positives', torch.tensor(value))
        self._given = value

    def see_labels(self, labels: np.ndarray) -> None:
        """Count the expected positives where they are ``'auto'``."""
        super().see_labels(labels)
        expected = self._given  # and not what a checkpoint of other settings brought
        if self.needs_negatives:
            known = (labels >= 0).sum(0)
            rate = (labels == 1).sum(0) / np.maximum(known, 1)
            expected = float(rate.sum())
        self.expected_positives.fill_(expected)

    def compute(
        self, logits: Tensor, target: Tensor, weight: Tensor | None, indices: Tensor | None
    ) -> Tensor:
        """See the class."""
        losses = F.binary_cross_entropy_with_logits(logits, target.clamp(min=0), reduction='none')
        losses = losses.where(target >= 0, 0)
        losses = losses if weight is None else losses * weight
        penalty = expected_positives_penalty(logits.sigmoid(), self.expected_positives)
        loss = losses.mean() + penalty
        return loss if self.reduction == 'mean' else loss * target.numel()
