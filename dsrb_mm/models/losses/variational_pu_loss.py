"""Learning from positive and unlabelled images by a variational bound."""

from __future__ import annotations

import math

import numpy as np
import torch
from mmpretrain.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.arguments import check_int, check_number
from dsrb_mm.models.label_bank import gather_rows

from .partial_label_loss import PartialLabelLoss

# Ours: a head whose weights start at 0 has no deviation, and gradients grow as 1 / T.
_COLDEST = 0.1


@MODELS.register_module()
class VariationalPULoss(PartialLabelLoss):
    """PU-MLC: known present labels against all images as the unlabelled set; absent labels unused.

    Reference: Yuan et al., ICME 2024 (arXiv 2306.16016). Per category, with a temperature
    ``T = min(alpha * std(x), 1)``, but not below 0.1 (ours), and ``phi = sigmoid(x / T)``:
    ``mean(phi)^gamma log mean(phi) - mean over known positives of log phi``; T and the factor
    ``mean(phi)^gamma`` carry no gradient. Published: alpha 1, gamma 0.55 on COCO with batch 35;
    alpha 2, gamma 0.85 on VOC with batch 45. Means and deviations over few images are noisy: a
    queue of logits adds those of the latest images, of all processes. The mixup of the published
    method is not part of the loss.

    Args:
        alpha: Factor of the standard deviation in the temperature.
        gamma: Exponent of the factor of the unlabelled term.
        queue: Number of earlier images whose logits join the unlabelled set; 0 for none.
        reduction: ``'sum'`` over the categories, as published, or ``'mean'``.
        loss_weight: Factor of the loss.

    Shape:
        logits (B, C), target (B, C) -> ().

    Raises:
        ValueError: An argument out of range.
        TypeError: An argument is not a number.

    Example:
        >>> loss = VariationalPULoss(queue=64)
        >>> loss(torch.randn(8, 3), torch.randint(-1, 2, (8, 3)).float())
    """

    reads_unknown = True
    needs_negatives = False
    sized_by_data = ('latest',)
    latest: Tensor
    num_latest: Tensor

    def __init__(
        self,
        alpha: float = 1.0,
        gamma: float = 0.55,
        queue: int = 0,
        reduction: str = 'sum',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(reduction, loss_weight)
        self.alpha = check_number('alpha', alpha, 0)
        self.gamma = check_number('gamma', gamma, 0)
        self.queue = check_int('queue', queue)
        self.register_buffer('latest', torch.empty(0, 0))
        self.register_buffer('num_latest', torch.tensor(0))
        self._num_latest = 0  # a copy on the host

    def forget(self) -> None:
        """Empty the queue."""
        self._set_queue(self.latest.new_zeros(0, 0), 0)

    def see_labels(self, labels: np.ndarray) -> None:
        """Make room for the queue."""
        super().see_labels(labels)
        if self.queue and self.latest.shape != (self.queue, labels.shape[1]):
            self._set_queue(self.latest.new_zeros(self.queue, labels.shape[1]), 0)

    def compute(
        self, logits: Tensor, target: Tensor, weight: Tensor | None, indices: Tensor | None
    ) -> Tensor:
        """See the class."""
        unlabelled = logits
        if self._num_latest:
            unlabelled = torch.cat([logits, self.latest[: self._num_latest].to(logits.dtype)])
        with torch.no_grad():
            # One image has no deviation; 1 stands in for it.
            spread = unlabelled.std(0) if len(unlabelled) > 1 else torch.ones_like(logits[0])
            temperature = (self.alpha * spread).clamp(_COLDEST, 1)
        # By logarithms, which stay finite where every probability rounds to 0.
        log_mean = F.logsigmoid(unlabelled / temperature).logsumexp(0) - math.log(len(unlabelled))
        first = (self.gamma * log_mean.detach()).exp() * log_mean
        positive = (target == 1).to(logits.dtype)
        positive = positive if weight is None else positive * weight
        log_phi = F.logsigmoid(logits / temperature)
        second = (log_phi * positive).sum(0) / positive.count_nonzero(0).clamp(min=1)
        if self.queue and self.training:
            self._enqueue(logits.detach().float())
        loss = first - second
        return loss.sum() if self.reduction == 'sum' else loss.mean()

    def _enqueue(self, logits: Tensor) -> None:
        (logits,) = gather_rows(logits)
        earlier = [self.latest[: self._num_latest]] if self._num_latest else []
        latest = torch.cat([logits, *earlier])[: self.queue]
        room = latest.new_zeros(self.queue, latest.shape[1])
        room[: len(latest)] = latest
        self._set_queue(room, len(latest))

    def _set_queue(self, latest: Tensor, number: int) -> None:
        self.latest, self._num_latest = latest, number
        self.num_latest.fill_(number)

    def _load_from_state_dict(self, *args) -> None:
        super()._load_from_state_dict(*args)
        self._num_latest = int(self.num_latest)
