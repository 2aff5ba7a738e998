"""Self-paced loss correction."""

from __future__ import annotations

import torch
from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_number
from dsrb_mm.models.method_part import TrainingProgress

from .partial_asymmetric_loss import focal_bce
from .partial_label_loss import PartialLabelLoss


@MODELS.register_module()
class SPLCLoss(PartialLabelLoss):
    """Self-paced loss correction: unknown labels above a threshold are taken for present ones.

    Reference: Zhang et al., arXiv 2112.07368. A focal loss with unknown labels taken for absent,
    whose logits are lowered by ``margin`` where the label is present. From ``start_epoch`` on, an
    unknown entry with a probability above ``tau`` counts as present. The published code corrects
    known absent labels too; here they stay what they are. Published: ``tau`` 0.6, summed.

    Args:
        margin: Margin of present labels.
        tau: Probability above which an unknown label is taken for a present one.
        gamma: Focusing.
        start_epoch: Epoch from which labels are corrected.
        reduction: ``'mean'`` over all entries, or ``'sum'``.
        loss_weight: Factor of the loss.

    Shape:
        logits (B, C), target (B, C) -> ().

    Raises:
        ValueError: An argument out of range.
        TypeError: An argument is not a number.

    Example:
        >>> loss = SPLCLoss(start_epoch=0)
        >>> loss(torch.zeros(1, 3), torch.tensor([[1.0, -1.0, -1.0]]))
    """

    reads_unknown = True
    needs_negatives = False
    in_epochs = ('start_epoch',)
    corrects: Tensor

    def __init__(
        self,
        margin: float = 1.0,
        tau: float = 0.6,
        gamma: float = 2.0,
        start_epoch: float = 1,
        reduction: str = 'mean',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(reduction, loss_weight)
        self.margin = check_number('margin', margin)
        self.tau = check_number('tau', tau, 0, 1)
        self.gamma = check_number('gamma', gamma, 0)
        self.start_epoch = check_number('start_epoch', start_epoch, 0)
        self.register_buffer('corrects', torch.tensor(int(start_epoch == 0)))

    def advance(self, progress: TrainingProgress) -> None:
        """Start to correct labels at ``start_epoch``."""
        self.corrects.fill_(int(progress.epoch >= self.start_epoch))

    def entry_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """See the class."""
        # The margin belongs to labels that are known to be present, as published.
        shifted = logits - self.margin * (target == 1)
        corrected = (target == -1) & (logits.sigmoid() > self.tau) & (self.corrects > 0)
        target = target.clamp(min=0).masked_fill(corrected, 1)
        # As published, and unlike in the asymmetric loss, the focusing weights carry gradients.
        return focal_bce(shifted, target, self.gamma, self.gamma, detach_weights=False)
