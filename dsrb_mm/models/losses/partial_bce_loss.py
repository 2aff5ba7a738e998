"""Binary cross-entropy over the known labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from mmpretrain.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.arguments import check_number

from .partial_label_loss import PartialLabelLoss

_NORMALIZATIONS = ('known', 'entries', 'durand')


@MODELS.register_module()
class PartialBCELoss(PartialLabelLoss):
    """Binary cross-entropy that ignores unknown labels.

    With n_i known labels among the C labels of image i, and sums over known entries:

    * ``normalize='known'``: the sum over the batch divided by the number of known entries in it
      (partial BCE of arXiv 2205.13092);
    * ``'entries'``: divided by B C, known or not (S-BCE): the gradient shrinks with the labels;
    * ``'durand'``: ``mean_i g(n_i / C) / C * sum``, with ``g(p) = alpha p^gamma + beta`` (Durand et
      al., CVPR 2019, arXiv 1902.09720). The defaults are the published ones, for which g(1) = 1 and
      g(0.1) = 5.005.

    Args:
        normalize: See above.
        alpha: Of g.
        beta: Of g.
        gamma: Of g.
        pos_weight: Factor of the losses of present labels: one number per category, or ``'auto'``
            for known absent over known present labels of each category, counted before training
            and limited to [0.1, 10]. None: no factor.
        reduction: ``'mean'`` as above, or ``'sum'`` over the known entries.
        loss_weight: Factor of the loss, 0 or more.

    Shape:
        logits (B, C), target (B, C) -> ().

    Raises:
        ValueError: An argument out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> loss = PartialBCELoss()
        >>> loss(torch.zeros(1, 3), torch.tensor([[1.0, 0.0, -1.0]]))
        tensor(0.6931)
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        normalize: str = 'known',
        alpha: float = -4.45,
        beta: float = 5.45,
        gamma: float = 1.0,
        pos_weight: str | Sequence[float] | None = None,
        reduction: str = 'mean',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(reduction, loss_weight)
        if normalize not in _NORMALIZATIONS:
            raise ValueError(
                f'expected normalize to be one of {_NORMALIZATIONS}, but got {normalize!r}'
            )
        self.normalize = normalize
        self.alpha = check_number('alpha', alpha)
        self.beta = check_number('beta', beta)
        self.gamma = check_number('gamma', gamma)
        if isinstance(pos_weight, str) and pos_weight != 'auto':
            raise ValueError(
                "expected pos_weight to be None, 'auto' or a list of numbers, but got "
                f'{pos_weight!r}'
            )
        self.counts_weights = pos_weight == 'auto'
        values = None
        if pos_weight is not None and not self.counts_weights:
            values = torch.tensor([float(check_number('pos_weight', v, 0)) for v in pos_weight])
        # Counted again at the start of every training, or given: nothing to save.
        self.register_buffer('pos_weight', values, persistent=False)

    def see_labels(self, labels: np.ndarray) -> None:
        """Count the weights of present labels where ``pos_weight='auto'``."""
        super().see_labels(labels)
        if self.counts_weights:
            present, absent = (labels == 1).sum(0), (labels == 0).sum(0)
            ratio = np.clip(absent / np.maximum(present, 1), 0.1, 10)
            self.pos_weight = torch.tensor(ratio, dtype=torch.float32)

    def entry_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """See the base class."""
        weight = None if self.pos_weight is None else self.pos_weight.to(logits)
        return F.binary_cross_entropy_with_logits(
            logits, target, pos_weight=weight, reduction='none'
        )

    def compute(
        self, logits: Tensor, target: Tensor, weight: Tensor | None, indices: Tensor | None
    ) -> Tensor:
        """Sum over the known entries, normalised."""
        if self.reduction == 'sum' or self.normalize == 'known':
            return super().compute(logits, target, weight, indices)
        known = self.counts(logits, target)
        losses = torch.where(known, self.entry_losses(logits, target), 0)
        losses = losses if weight is None else losses * weight
        if self.normalize == 'entries':
            return losses.mean()
        share = known.to(losses.dtype).mean(1)
        # An image without a known label contributes 0, whatever g(0) is.
        factor = self.alpha * share.clamp(min=1e-6) ** self.gamma + self.beta
        return (factor * losses.mean(1)).mean()
