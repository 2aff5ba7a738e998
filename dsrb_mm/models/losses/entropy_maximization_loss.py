"""Entropy maximisation on unknown labels."""

from __future__ import annotations

from mmpretrain.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.arguments import check_number

from .partial_label_loss import PartialLabelLoss


@MODELS.register_module()
class EntropyMaximizationLoss(PartialLabelLoss):
    """Entropy maximisation (EM): unknown labels are pulled towards uncertainty.

    Reference: Zhou et al., ECCV 2022 (arXiv 2203.16219). Known entries cost their binary
        cross-entropy, unknown ones ``-alpha H(p)`` with H the entropy of the prediction: their
        gradients are low and even at the start. Published alpha: 0.2 on VOC, 0.1 on COCO and NUS,
        0.01 on CUB. The published method adds soft labels for the unknown entries that score lowest
        (:class:`AsymmetricPseudoLabels`).

    Args:
        alpha: Weight of the entropy, 0 or more.
        reduction: ``'mean'`` over all entries, or ``'sum'``.
        loss_weight: Factor of the loss.

    Shape:
        logits (B, C), target (B, C) -> ().

    Raises:
        ValueError: ``alpha`` below 0.
        TypeError: An argument is not a number.

    Example:
        >>> loss = EntropyMaximizationLoss(alpha=0.1)
        >>> loss(torch.zeros(1, 3), torch.tensor([[1.0, -1.0, -1.0]]))
    """

    reads_unknown = True
    needs_negatives = False

    def __init__(
        self, alpha: float = 0.1, reduction: str = 'mean', loss_weight: float = 1.0
    ) -> None:
        super().__init__(reduction, loss_weight)
        self.alpha = check_number('alpha', alpha, 0)

    def entry_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """See the class."""
        known = F.binary_cross_entropy_with_logits(logits, target.clamp(min=0), reduction='none')
        probability = logits.sigmoid()
        entropy = -(probability * F.logsigmoid(logits) + (1 - probability) * F.logsigmoid(-logits))
        return known.where(target >= 0, -self.alpha * entropy)
