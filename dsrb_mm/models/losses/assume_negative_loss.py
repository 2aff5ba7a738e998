"""Unknown labels taken for absent ones."""

from __future__ import annotations

from mmpretrain.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.arguments import check_flag, check_number

from .partial_label_loss import PartialLabelLoss


@MODELS.register_module()
class AssumeNegativeLoss(PartialLabelLoss):
    """Binary cross-entropy that takes unknown labels for absent ones: AN, AN-LS and WAN.

    Reference: Cole et al., CVPR 2021 (arXiv 2106.09708). ``label_smoothing=0.1`` is AN-LS, with
    targets ``1 - s`` and ``s``; ``weak=True`` is WAN, which weighs the unknown entries by
    1 / (C - 1), so that they together count as much as one label.

    Args:
        label_smoothing: s in [0, 0.5).
        weak: Whether unknown entries are weighted down.
        reduction: ``'mean'`` over all entries, or ``'sum'``.
        loss_weight: Factor of the loss.

    Shape:
        logits (B, C), target (B, C) -> ().

    Raises:
        ValueError: ``label_smoothing`` out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> loss = AssumeNegativeLoss(weak=True)
        >>> loss(torch.zeros(1, 3), torch.tensor([[1.0, -1.0, -1.0]]))
    """

    reads_unknown = True
    needs_negatives = False

    def __init__(
        self,
        label_smoothing: float = 0.0,
        weak: bool = False,
        reduction: str = 'mean',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(reduction, loss_weight)
        self.label_smoothing = check_number('label_smoothing', label_smoothing, 0, 0.499)
        self.weak = check_flag('weak', weak)

    def entry_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """See the class."""
        smoothing = self.label_smoothing
        smooth = target.clamp(min=0) * (1 - 2 * smoothing) + smoothing
        losses = F.binary_cross_entropy_with_logits(logits, smooth, reduction='none')
        if not self.weak:
            return losses
        return losses.where(target >= 0, losses / max(1, target.shape[1] - 1))
