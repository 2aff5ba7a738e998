"""Intra-image semantic transfer of SST and HST: what usually appears together."""

from __future__ import annotations

import math

import torch
from mmpretrain.registry import MODELS
from torch import Tensor, nn

from dsrb_mm.arguments import check_number, check_size
from dsrb_mm.models.losses.partial_asymmetric_loss import focal_bce

from .complement import CategoryBatch
from .semantic_transfer import SemanticTransfer

# Focusing and clip of the asymmetric loss of the co-occurrences, as published.
_GAMMA_POS, _GAMMA_NEG, _CLIP = 1, 2, 0.05


class CoOccurrenceNetwork(nn.Module):
    """How likely two categories are both present in an image, for every pair of them.

    With a_c = R S_c, ``logit(i, j) = w_ij . relu(W [a_i ; a_j] + b) + b_ij`` for i < j, and one
    (w_ij, b_ij) per pair. W is applied to both halves before they are paired, which gives the same
    sums. What the backward pass keeps has B C (C - 1) hidden_channels numbers: 100 MB for 8 images
    of 80 categories, 650 MB for 200.

    Args:
        num_classes: Number of categories C.
        channels: Channels D of the category features.
        hidden_channels: Channels of a; the pairs have twice as many.

    Shape:
        (B, C, D) -> (B, C (C - 1) / 2), pairs (i, j) with i < j in the order of
        ``torch.triu_indices``.
    """

    def __init__(self, num_classes: int, channels: int, hidden_channels: int) -> None:
        super().__init__()
        width = 2 * hidden_channels
        self.reduce = nn.Linear(channels, hidden_channels)
        self.hidden = nn.Linear(width, width)
        pairs = torch.triu_indices(num_classes, num_classes, 1)
        self.register_buffer('pairs', pairs, persistent=False)
        self.followers = [num_classes - 1 - i for i in range(num_classes - 1)]
        bound = 1 / math.sqrt(width)
        self.weight = nn.Parameter(torch.empty(pairs.shape[1], width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(pairs.shape[1]).uniform_(-bound, bound))

    def forward(self, features: Tensor) -> Tensor:
        """Logits of all pairs, in float32 also under mixed precision."""
        with torch.autocast(features.device.type, enabled=False):
            reduced = self.reduce(features.to(self.weight.dtype))
            left, right = self.hidden.weight.chunk(2, dim=1)
            one, other = reduced @ left.mT + self.hidden.bias, reduced @ right.mT
            # Each category with all that follow it: an index of pairs would copy both sides.
            logits = [
                ((one[:, i : i + 1] + other[:, i + 1 :]).relu() * weight).sum(-1)
                for i, weight in enumerate(self.weight.split(self.followers))
            ]
            # The first part is empty: a single category has no pairs.
            return torch.cat([one.new_empty(len(one), 0), *logits], dim=1) + self.bias


@MODELS.register_module()
class IntraImageTransfer(SemanticTransfer):
    """Labels unknown categories that go together with the known positives of the image.

    References: SST, Chen et al., AAAI 2022 (arXiv 2112.10941), and HST, IJCV 2024 (arXiv
    2205.11131). A :class:`CoOccurrenceNetwork` gives P(c, c') for every pair. It is trained from
    the start, by an asymmetric loss (``gamma_neg=2, gamma_pos=1, clip=0.05``, mean over all pairs)
    against "both known to be present"; a pair with an unknown label counts as 0. The score of
    category c is the mean of P(c, c') over the known positives c' of the image other than c, and
    0 where there are none. Unknown labels with a score strictly above the threshold are taken to
    be present.

    The added loss term covers the known labels and the added ones, as in the paper's objective.
    Published: weight 10 for the co-occurrences, labels from epoch 5 on; SST with
    ``threshold=dict(type='FallingThreshold')``, HST with ``LearnedThreshold``.

    Args:
        threshold: See :class:`SemanticTransfer`.
        hidden_channels: See :class:`CoOccurrenceNetwork`.
        co_occurrence_weight: Weight of the loss of the co-occurrences.
        begin: See :class:`SemanticTransfer`.
        name: See :class:`Complement`.

    Raises:
        ValueError: A number out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> transfer = IntraImageTransfer(hidden_channels=8)
        >>> transfer.build_layers(num_classes=3, channels=16)
        >>> transfer.score(CategoryBatch(torch.randn(2, 3, 16), torch.ones(2, 3))).shape
        torch.Size([2, 3])
    """

    name = 'intra'
    network: CoOccurrenceNetwork

    def __init__(
        self,
        threshold: dict | None = None,
        hidden_channels: int = 512,
        co_occurrence_weight: float = 10.0,
        begin: float = 5,
        name: str | None = None,
    ) -> None:
        super().__init__(threshold, begin, name)
        self.hidden_channels = check_size('hidden_channels', hidden_channels)
        self.co_occurrence_weight = check_number('co_occurrence_weight', co_occurrence_weight, 0)

    def build_layers(self, num_classes: int, channels: int) -> None:
        """Build the co-occurrence network."""
        self.network = CoOccurrenceNetwork(num_classes, channels, self.hidden_channels)

    def score(self, batch: CategoryBatch) -> Tensor:
        """Mean co-occurrence with the image's other known positives."""
        return self._mean_over_positives(self.network(batch.features), batch.target)

    def _mean_over_positives(self, logits: Tensor, target: Tensor) -> Tensor:
        number, num_classes = target.shape
        first, second = self.network.pairs
        probability = logits.new_zeros(number, num_classes, num_classes)
        probability[:, first, second] = logits.sigmoid()
        probability = probability + probability.mT
        positive = (target == 1).to(logits.dtype)
        others = positive.sum(1, keepdim=True) - positive
        return torch.einsum('bcd,bd->bc', probability, positive) / others.clamp(min=1)

    def extra_losses(self, batch: CategoryBatch) -> dict[str, Tensor]:
        """The loss of the co-occurrences, and that of the threshold."""
        logits = self.network(batch.features)
        first, second = self.network.pairs
        present = batch.target == 1
        both = (present[:, first] & present[:, second]).to(logits.dtype)
        losses = focal_bce(logits, both, _GAMMA_POS, _GAMMA_NEG, _CLIP)
        loss = self.co_occurrence_weight * losses.sum() / max(1, losses.numel())
        return {f'loss_{self.name}_co_occurrence': loss, **super().extra_losses(batch)}
