"""Thresholds from which a transferred score becomes a label, of SST and of HST."""

from __future__ import annotations

import torch
from mmpretrain.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from dsrb_mm.arguments import check_flag, check_number


class TransferThreshold(nn.Module):
    """Base of thresholds for the scores of unknown labels.

    Attributes:
        value: The threshold; a score has to lie above it.
        is_trained: Whether :meth:`loss` trains it.
        per_epoch: See :class:`MethodPart`.
    """

    is_trained = False
    per_epoch: tuple[str, ...] = ()
    value: Tensor

    def follow(self, epochs: float) -> None:
        """Follow the schedule, ``epochs`` after the first labels are given."""

    def loss(self, score: Tensor, target: Tensor) -> Tensor | None:
        """A loss that trains the threshold; None where nothing is trained.

        Shape:
            (B, C), (B, C) in {1, 0, -1} -> ().
        """
        return None


@MODELS.register_module()
class FallingThreshold(TransferThreshold):
    """Falls by a step per epoch down to a floor.

    Reference: SST, Chen et al., AAAI 2022 (arXiv 2112.10941). Published: 0.95 in the first epoch
    with labels, then 0.025 less in every epoch, 0.75 at last.

    Args:
        start: Threshold in the first epoch with labels.
        step: How much it falls per epoch.
        floor: Lowest threshold.

    Raises:
        ValueError: A number out of range.

    Example:
        >>> threshold = FallingThreshold()
        >>> threshold.follow(2.5)
        >>> threshold.value
        tensor(0.9000)
    """

    per_epoch = ('step',)

    def __init__(self, start: float = 0.95, step: float = 0.025, floor: float = 0.75) -> None:
        super().__init__()
        self.start = check_number('start', start, 0, 1)
        self.step = check_number('step', step, 0, 1)
        self.floor = check_number('floor', floor, 0, start)
        self.register_buffer('value', torch.tensor(float(start)))

    def follow(self, epochs: float) -> None:
        """Fall with every whole epoch."""
        self.value.fill_(max(self.floor, self.start - self.step * max(0, int(epochs))))


@MODELS.register_module()
class LearnedThreshold(TransferThreshold):
    """A threshold that the known labels train.

    Reference: HST, Chen et al., IJCV 2024 (arXiv 2205.11131), differential threshold learning. The
    residual ``v = clamp(score - value, 0, 1)`` is read as a logit, and its binary cross-entropy
    with the known labels, weight 0.1, moves the threshold, one number for all categories. Scores
    get no gradient from it. Published: starts at 1.0.

    Only scores above the threshold carry a gradient, and scores end at 1: from 1.0, nothing but
    weight decay moves the threshold at first. Inside ``Adam``, which divides by the size of the
    gradient, weight decay lowers it by about the learning rate at every step. ``AdamW`` and
    optimisers without weight decay do not: start below 1 there.

    Args:
        start: Start value in [0, 1].
        learnable: Whether it is trained.
        loss_weight: Weight of its loss.

    Raises:
        ValueError: A number out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> threshold = LearnedThreshold(start=0.5)
        >>> threshold.loss(torch.tensor([[0.75, 0.4]]), torch.tensor([[1.0, -1.0]]))
        tensor(0.0576, grad_fn=...)
    """

    def __init__(
        self, start: float = 1.0, learnable: bool = True, loss_weight: float = 0.1
    ) -> None:
        super().__init__()
        check_number('start', start, 0, 1)
        self.is_trained = check_flag('learnable', learnable)
        self.loss_weight = check_number('loss_weight', loss_weight, 0)
        self.value = nn.Parameter(torch.tensor(float(start)), requires_grad=self.is_trained)

    def loss(self, score: Tensor, target: Tensor) -> Tensor | None:
        """Cross-entropy of the residual with the known labels, mean over them; 0 without any."""
        if not self.is_trained:
            return None
        known = target >= 0
        residual = (score.detach() - self.value).clamp(0, 1)
        losses = F.binary_cross_entropy_with_logits(
            residual, target.to(residual.dtype).clamp(min=0), reduction='none'
        )
        return self.loss_weight * (losses * known).sum() / known.sum().clamp(min=1)
