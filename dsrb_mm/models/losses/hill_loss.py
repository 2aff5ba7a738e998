"""Hill loss: unknown labels that look present stop counting as absent."""

from __future__ import annotations

from mmpretrain.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.arguments import check_number

from .partial_label_loss import PartialLabelLoss


@MODELS.register_module()
class HillLoss(PartialLabelLoss):
    """Hill loss: absent and unknown labels cost ``(lam - p) p^2``, present ones a focal loss.

    Reference: Zhang et al., arXiv 2112.07368. The gradient of ``(lam - p) p^2`` falls again where p
    nears 1, so that labels which are probably present are not pushed down; present labels cost
    ``(1 - q)^2 (-log q)`` with ``q = sigmoid(x - margin)``. Published with ``margin=1, lam=1.5``,
    summed.

    Args:
        margin: Margin of present labels.
        lam: Height parameter lambda of the hill, 1 or more.
        reduction: ``'mean'`` over all entries, or ``'sum'``.
        loss_weight: Factor of the loss.

    Shape:
        logits (B, C), target (B, C) -> ().

    Raises:
        ValueError: An argument out of range.
        TypeError: An argument is not a number.

    Example:
        >>> loss = HillLoss()
        >>> loss(torch.zeros(1, 3), torch.tensor([[1.0, -1.0, -1.0]]))
    """

    reads_unknown = True
    needs_negatives = False

    def __init__(
        self,
        margin: float = 1.0,
        lam: float = 1.5,
        reduction: str = 'mean',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(reduction, loss_weight)
        self.margin = check_number('margin', margin)
        self.lam = check_number('lam', lam, 1)

    def entry_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """See the class."""
        shifted = logits - self.margin
        positive = (1 - shifted.sigmoid()) ** 2 * -F.logsigmoid(shifted)
        probability = logits.sigmoid()
        negative = (self.lam - probability) * probability**2
        present = target.clamp(min=0)
        return present * positive + (1 - present) * negative
