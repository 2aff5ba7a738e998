"""Partial asymmetric loss that selects which unknown labels to take for absent ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from mmengine.dist import all_reduce
from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_int, check_number

from .partial_asymmetric_loss import focal_bce
from .partial_label_loss import PartialLabelLoss


@MODELS.register_module()
class SelectiveAsymmetricLoss(PartialLabelLoss):
    """P-ASL and class-aware selective loss (CSL): unknown labels count as absent, save likely ones.

    Reference: Ben-Baruch et al., CVPR 2022 (arXiv 2110.10955). Unknown entries are absent ones with
    a focusing of their own, except those that are ignored:

    * all of a category whose prior is above ``prior_threshold``;
    * the ``top_k * B`` unknown entries of the batch with the highest scores.

    ``top_k=0, prior_threshold=None`` is P-ASL, which ignores none. Published, summed: focusing
    0/1/4 with labels hidden at random, and 0/3/4 with ``prior_threshold=0.5`` where whole
    categories lack labels.

    Args:
        gamma_pos: Focusing of present labels.
        gamma_neg: Focusing of absent labels.
        gamma_unknown: Focusing of unknown labels.
        clip: Probability below which an absent label costs nothing.
        top_k: Ignored entries per image.
        prior_threshold: Prior above which a category's unknown labels are ignored; None: no limit.
        prior: Prior of each category, for instance from a training with ``PartialBCELoss``. None
            estimates it as the mean predicted probability over the training images seen so far,
            where ``prior_threshold`` is a number; this needs labels that are known to be absent,
            without which all predictions grow and all unknown labels stay ignored.
        reduction: ``'mean'`` over the entries that are not ignored, or ``'sum'``.
        loss_weight: Factor of the loss.

    Shape:
        logits (B, C), target (B, C) -> ().

    Raises:
        ValueError: An argument out of range, or priors that do not fit the categories.
        TypeError: An argument of a wrong type.

    Example:
        >>> loss = SelectiveAsymmetricLoss(top_k=0, prior_threshold=None)
        >>> loss(torch.zeros(1, 3), torch.tensor([[1.0, -1.0, -1.0]]))
    """

    reads_unknown = True
    sized_by_data = ('prior',)
    prior: Tensor
    num_seen: Tensor

    def __init__(
        self,
        gamma_pos: float = 0.0,
        gamma_neg: float = 1.0,
        gamma_unknown: float = 4.0,
        clip: float = 0.0,
        top_k: int = 5,
        prior_threshold: float | None = 0.05,
        prior: Sequence[float] | None = None,
        reduction: str = 'mean',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__(reduction, loss_weight)
        self.gamma_pos = check_number('gamma_pos', gamma_pos, 0)
        self.gamma_neg = check_number('gamma_neg', gamma_neg, 0)
        self.gamma_unknown = check_number('gamma_unknown', gamma_unknown, 0)
        self.clip = check_number('clip', clip, 0, 0.99)
        self.top_k = check_int('top_k', top_k)
        if prior_threshold is not None:
            check_number('prior_threshold', prior_threshold, 0, 1)
        self.prior_threshold = prior_threshold
        self.estimates_prior = prior is None and prior_threshold is not None
        self.needs_negatives = self.estimates_prior
        self._given = [check_number('prior', value, 0, 1) for value in prior or ()]
        self.register_buffer('prior', torch.tensor(self._given, dtype=torch.float32))
        self.register_buffer('num_seen', torch.tensor(0.0))

    def forget(self) -> None:
        """Estimate the prior anew."""
        if self.estimates_prior:
            self.num_seen.zero_()
            self.prior = self.prior.new_zeros(0)

    def see_labels(self, labels: np.ndarray) -> None:
        """Check that the priors fit the categories."""
        super().see_labels(labels)
        if self._given:  # and not what a checkpoint of other settings brought
            self.prior = self.prior.new_tensor(self._given)
        if self.estimates_prior and not len(self.prior):
            self.prior = self.prior.new_zeros(labels.shape[1])
        if len(self.prior) not in (0, labels.shape[1]):
            raise ValueError(
                f'expected prior to hold {labels.shape[1]} numbers, one per category, but got '
                f'{len(self.prior)}'
            )

    def entry_losses(self, logits: Tensor, target: Tensor) -> Tensor:
        """See the class."""
        gamma_neg = torch.where(target == -1, self.gamma_unknown, self.gamma_neg)
        return focal_bce(logits, target.clamp(min=0), self.gamma_pos, gamma_neg, self.clip)

    @torch.no_grad()
    def counts(self, logits: Tensor, target: Tensor) -> Tensor:
        """All entries but the unknown ones that are ignored."""
        unknown = target == -1
        scores = logits.sigmoid()
        ignored = torch.zeros_like(unknown)
        if self.top_k:
            # The ranking runs over all unknown entries, also those that the prior ignores.
            ranked = scores.masked_fill(~unknown, -1).flatten()
            top = ranked.topk(min(self.top_k * len(logits), ranked.numel())).indices
            ignored.view(-1)[top] = True
        if self.prior_threshold is not None:
            if self.estimates_prior and self.training:
                self._update_prior(scores)
            ignored |= (self.prior > self.prior_threshold).to(ignored.device)
        return ~(unknown & ignored)

    def _update_prior(self, scores: Tensor) -> None:
        total, number = scores.sum(0).float(), scores.new_tensor(len(scores)).float()
        all_reduce(total)
        all_reduce(number)
        if not len(self.prior):
            self.prior = torch.zeros_like(total)
        self.num_seen += number
        self.prior += (total - number * self.prior) / self.num_seen
