"""Unknown labels taken for absent ones, except where the loss is large."""

from __future__ import annotations

import math

import torch
from mmpretrain.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.arguments import check_number
from dsrb_mm.models.label_bank import LabelBank
from dsrb_mm.models.method_part import TrainingProgress

from .partial_label_loss import PartialLabelLoss

_MODES = ('reject', 'correct', 'correct_permanently')


@MODELS.register_module()
class LargeLoss(PartialLabelLoss):
    """Large-loss rejection and correction: LL-R, LL-Ct and LL-Cp.

    Reference: Kim et al., CVPR 2022 (arXiv 2206.03740). Unknown labels are taken for absent ones;
    of the unknown entries of a batch, the k with the largest losses are

    * ``'reject'`` (LL-R): left out;
    * ``'correct'`` (LL-Ct): taken for present ones in this batch;
    * ``'correct_permanently'`` (LL-Cp): taken for present ones from now on.

    With ``delta = delta_rel / 100``, k is ``B C delta`` times the number of finished epochs in the
    first two modes and ``B C delta`` in the third, rounded up. The first epoch is plain. k is
    limited to the unknown entries: the published code, written for labels without known absent
    ones, would otherwise drop known entries as well. Published ``delta_rel``: 0.1 to 0.5.

    As published, the third mode keeps only entries above the k-th largest loss; that one itself is
    taken for present in this batch alone. With k = 1, as with 16 images of 20 categories, nothing
    is kept: choose ``delta_rel`` above ``100 / (B C)``.

    Args:
        mode: See above.
        delta_rel: Percentage of entries by which k grows per epoch.
        reduction: ``'mean'`` over all entries, rejected ones included, or ``'sum'``.
        loss_weight: Factor of the loss.

    Shape:
        logits (B, C), target (B, C), indices (B,) -> ().

    Raises:
        ValueError: Unknown ``mode``, or ``delta_rel`` out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> loss = LargeLoss(mode='correct', delta_rel=0.2)
        >>> loss(torch.zeros(1, 3), torch.tensor([[1.0, -1.0, -1.0]]))
    """

    reads_unknown = True
    needs_negatives = False
    per_epoch = ('delta_rel',)
    epochs: Tensor

    def __init__(
        self,
        mode: str = 'reject',
        delta_rel: float = 0.2,
        reduction: str = 'mean',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(reduction, loss_weight)
        if mode not in _MODES:
            raise ValueError(f'expected mode to be one of {_MODES}, but got {mode!r}')
        self.mode = mode
        self.delta_rel = check_number('delta_rel', delta_rel, 0, 100)
        self.register_buffer('epochs', torch.tensor(0))
        self._epochs = 0  # a copy on the host
        self.corrected = LabelBank() if mode == 'correct_permanently' else None

    def advance(self, progress: TrainingProgress) -> None:
        """Count the finished epochs."""
        if int(progress.epoch) != self._epochs:
            self._epochs = int(progress.epoch)
            self.epochs.fill_(self._epochs)

    def number(self, entries: int) -> int:
        """k, before it is limited to the unknown entries of the batch."""
        if self._epochs == 0:
            return 0
        turns = 1 if self.mode == 'correct_permanently' else self._epochs
        return math.ceil(entries * turns * self.delta_rel / 100)

    def compute(
        self, logits: Tensor, target: Tensor, weight: Tensor | None, indices: Tensor | None
    ) -> Tensor:
        """See the class."""
        if self.corrected is not None:
            bank = self.corrected.read(indices)
            target = target.masked_fill((target == -1) & (bank == 1), 1)
        unknown = target == -1
        losses = F.binary_cross_entropy_with_logits(logits, target.clamp(min=0), reduction='none')
        large, above = _largest(losses.detach(), unknown, self.number(target.numel()))
        if self.mode == 'reject':
            losses = losses.masked_fill(large, 0)
        else:
            losses = torch.where(large, -F.logsigmoid(logits), losses)
        if self.corrected is not None and self.training:
            self.corrected.write(indices, bank.masked_fill(above, 1))
        losses = losses if weight is None else losses * weight
        return losses.mean() if self.reduction == 'mean' else losses.sum()

    def _load_from_state_dict(self, *args) -> None:
        super()._load_from_state_dict(*args)
        self._epochs = int(self.epochs)


def _largest(losses: Tensor, unknown: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Unknown entries with the ``number`` largest losses, and those above the smallest of them.

    Entries that tie with the smallest are included in the first.
    """
    number = min(number, losses.numel())
    if number == 0:
        return torch.zeros_like(unknown), torch.zeros_like(unknown)
    ranked = losses.masked_fill(~unknown, -torch.inf).flatten().topk(number).values
    # With fewer unknown entries than ``number``, the smallest of those there are.
    threshold = ranked.masked_fill(ranked == -torch.inf, torch.inf).min()
    return unknown & (losses >= threshold), unknown & (losses > threshold)
