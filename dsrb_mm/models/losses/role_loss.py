"""Regularised online label estimation."""

from __future__ import annotations

import torch
from mmpretrain.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.arguments import check_number
from dsrb_mm.models.label_bank import LabelBank

from .expected_positives_loss import ExpectedPositivesLoss, expected_positives_penalty


@MODELS.register_module()
class ROLELoss(ExpectedPositivesLoss):
    """ROLE: the labels of the training set are estimated along with the classifier.

    Reference: Cole et al., CVPR 2021 (arXiv 2106.09708). Beside the classifier's probabilities f
    there is a table of logits, one per image and category, with probabilities g. The loss is::

        (K(f) + K(g)) / 2 + (CE(g, f) + CE(f, g)) / 2 + (EPR(f) + EPR(g)) / 2

    with K the binary cross-entropy of the known entries over B C, CE(t, p) the cross-entropy of p
    against the target t, which carries no gradient, over B C, and EPR the penalty of
    :class:`ExpectedPositivesLoss`. The published code trains the table with the classifier's
    optimiser at ten times its learning rate. Here each visit of an image makes one gradient step of
    size ``label_lr`` on its row, so that neither the table nor its moments pass through the
    optimiser.

    Args:
        expected_positives: See :class:`ExpectedPositivesLoss`.
        label_lr: Size of a step on the table's logits, along the gradient of B C times the three
            terms with g, each counted once.
        reduction: ``'mean'`` as above, or ``'sum'``: B C times that.
        loss_weight: Factor of the loss.

    Shape:
        logits (B, C), target (B, C), indices (B,) -> ().

    Raises:
        ValueError: An argument out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> loss = ROLELoss(expected_positives=2.9)
    """

    per_epoch = ('label_lr',)  # each image comes once per epoch

    def __init__(
        self,
        expected_positives: float | str,
        label_lr: float = 1.0,
        reduction: str = 'mean',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(expected_positives, reduction, loss_weight)
        self.label_lr = check_number('label_lr', label_lr, 0)
        self.labels = LabelBank()

    def compute(
        self, logits: Tensor, target: Tensor, weight: Tensor | None, indices: Tensor | None
    ) -> Tensor:
        """See the class."""
        table = self.labels.read(indices).to(logits)
        own = super().compute(logits, target, weight, indices)
        scale = 1 if self.reduction == 'mean' else target.numel()
        agreement = F.binary_cross_entropy_with_logits(logits, table.sigmoid())
        estimate, gradient = self._table_loss(table, logits.detach(), target)
        if self.training:
            self.labels.write(indices, table - self.label_lr * target.numel() * gradient)
        return (own + scale * (agreement + estimate)) / 2

    @torch.enable_grad()
    def _table_loss(self, table: Tensor, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """The terms that train the table, and their gradient."""
        table = table.detach().requires_grad_()
        known = F.binary_cross_entropy_with_logits(table, target.clamp(min=0), reduction='none')
        loss = known.where(target >= 0, 0).mean()
        loss = loss + F.binary_cross_entropy_with_logits(table, logits.sigmoid())
        loss = loss + expected_positives_penalty(table.sigmoid(), self.expected_positives)
        (gradient,) = torch.autograd.grad(loss, table)
        return loss.detach(), gradient
