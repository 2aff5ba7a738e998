"""Contrastive loss between the semantic features of one category in different images."""

from __future__ import annotations

import torch
from mmpretrain.registry import MODELS
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.arguments import check_number
from dsrb_mm.models.method_part import MethodPart, TrainingProgress

_EPS = 1e-9


def _take(order: Tensor, member: Tensor, number: Tensor) -> Tensor:
    """1 for the first ``number`` members in ``order``, else 0 (all flat, on the device)."""
    places = torch.arange(len(order), device=order.device)
    first = torch.zeros_like(member).scatter(0, order, places < number)
    return (first & member).float()


def _subsample(loss: Tensor, member: Tensor, num_positive: Tensor) -> Tensor:
    """How often each pair loss counts: 2n members at random plus the n largest; all if n = 0.

    A member that is both drawn and among the largest counts twice.

    Shape:
        loss (P,), member (P,) bool, num_positive () -> (P,).
    """
    keys = torch.rand(loss.shape, device=loss.device)
    random_order = keys.masked_fill(~member, -1).argsort(descending=True)
    largest_order = loss.masked_fill(~member, -torch.inf).argsort(descending=True)
    kept = _take(random_order, member, 2 * num_positive) + _take(
        largest_order, member, num_positive
    )
    return torch.where(num_positive > 0, kept, member.float())


@MODELS.register_module()
class CategoryContrastiveLoss(MethodPart):
    """Pulls features of a category together where both images show it, apart otherwise.

    Reference: arXiv 2205.13092, contrastive loss. For every pair of images and every category known
    in both, with s the cosine of the two category features: ``1 - s`` if both are positive and
    ``1 + s`` otherwise. With n positive-positive pairs, all of them are kept; of the
    positive-negative and of the negative-negative pairs each, 2n at random and the n largest, or
    all if n = 0. The loss is the mean of what is kept, and 0 if nothing is, as in a batch of one
    image.

    Nothing here leaves the device: pairs are weighted instead of selected.

    Args:
        loss_weight: Factor of the loss, 0 or more.
        ramp_epochs: Length of the linear ramp from 0 to ``loss_weight``; 1 is the published one, 0
            switches the ramp off.

    Raises:
        ValueError: An argument below 0 or not finite.
        TypeError: An argument is not a number.

    Example:
        >>> loss = CategoryContrastiveLoss()
        >>> loss(torch.randn(4, 20, 64), torch.randint(-1, 2, (4, 20)))
    """

    name = 'contrastive'
    in_epochs = ('ramp_epochs',)
    ramp: Tensor

    def __init__(self, loss_weight: float = 0.05, ramp_epochs: float = 1) -> None:
        super().__init__()
        self.loss_weight = check_number('loss_weight', loss_weight, 0)
        self.ramp_epochs = check_number('ramp_epochs', ramp_epochs, 0)
        self.register_buffer('ramp', torch.tensor(1.0))

    def advance(self, progress: TrainingProgress) -> None:
        """Follow the ramp."""
        self.ramp.fill_(min(1.0, progress.epoch / self.ramp_epochs) if self.ramp_epochs else 1.0)

    def forward(self, features: Tensor, target: Tensor) -> Tensor:
        """Loss of a batch; computed in float32 under mixed precision.

        Shape:
            category features (B, C, D), target (B, C) in {1, 0, -1} -> ().
        """
        batch = len(features)
        with torch.autocast(features.device.type, enabled=False):
            features = features if features.dtype == torch.float64 else features.float()
            unit = F.normalize(features, dim=-1, eps=_EPS).transpose(0, 1)
            cosine = unit @ unit.mT
            first, second = torch.triu_indices(batch, batch, 1, device=features.device)
            cosine = cosine[:, first, second].mT.flatten()
            one, other = target[first].flatten(), target[second].flatten()

            both_positive = (one == 1) & (other == 1)
            both_negative = (one == 0) & (other == 0)
            mixed = (one >= 0) & (other >= 0) & ~both_positive & ~both_negative
            loss = torch.where(both_positive, 1 - cosine, 1 + cosine)
            with torch.no_grad():
                num_positive = both_positive.sum()
                weight = both_positive.to(loss.dtype)
                weight += _subsample(loss, mixed, num_positive)
                weight += _subsample(loss, both_negative, num_positive)
            mean = (loss * weight).sum() / weight.sum().clamp(min=1)
            return self.loss_weight * self.ramp.to(mean.dtype) * mean
