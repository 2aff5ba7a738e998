"""Mixing of images whose labels are partly unknown."""

from __future__ import annotations

import torch
from mmpretrain.registry import BATCH_AUGMENTS
from torch import Tensor

from dsrb_mm.arguments import check_int


@BATCH_AUGMENTS.register_module()
class LogicMix:
    """Means of k images each, with the labels joined by a three-valued "or".

    Reference: Chong et al., arXiv 2405.15860, k = 2 or 3, mixed batches alternating with plain
    ones. A category of the mixture is present (1) if it is in any of the images, absent (0) if it
    is known to be in none, and unknown (-1) otherwise. No unknown label is guessed, unlike with
    Mixup, so that it goes with every loss for partial labels. It does not go with a state per
    label or with two views, which need to know the single image.

    Every image is mixed with k - 1 other images of the batch, drawn at random; a batch of fewer
    than k images is mixed as a whole, one of a single image is left as it is.

    Args:
        k: Images in a mixture, 2 or more.

    Raises:
        ValueError: ``k`` below 2.
        TypeError: ``k`` is not an integer.

    Example:
        >>> data_preprocessor = dict(
        ...     batch_augments=dict(augments=[dict(type='LogicMix', k=2)], probs=[0.5])
        ... )
        >>> images, labels = torch.zeros(2, 3, 8, 8), torch.tensor([[1, 0, 0, -1], [-1, 0, -1, -1]])
        >>> LogicMix(k=2)(images, labels)[1][0]
        tensor([ 1.,  0., -1., -1.])
    """

    def __init__(self, k: int = 2) -> None:
        self.k = check_int('k', k, 2)

    def __call__(self, batch_inputs: Tensor, batch_score: Tensor) -> tuple[Tensor, Tensor]:
        """Mix a batch.

        Shape:
            (B, 3, H, W), (B, C) in {1, 0, -1} -> (B, 3, H, W), (B, C) float.
        """
        number = len(batch_inputs)
        # Neighbours on a random ring: k different images each, every image equally often.
        ring = torch.randperm(number, device=batch_inputs.device)
        place = ring.argsort()
        members = [ring[(place + step) % number] for step in range(min(self.k, number))]
        inputs = torch.stack([batch_inputs[member] for member in members]).mean(0)
        return inputs, join_labels([batch_score[member].float() for member in members])


def join_labels(labels: list[Tensor]) -> Tensor:
    """Three-valued "or": present where any is, absent where all are known to be, else unknown.

    Shape:
        K times (B, C) in {1, 0, -1} -> (B, C).
    """
    stacked = torch.stack(labels)
    present, unknown = (stacked == 1).any(0), (stacked == -1).any(0)
    return stacked.amax(0).masked_fill(unknown & ~present, -1)
