"""Prototype-perspective representation blending, PPRB (arXiv 2205.13092)."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_int, check_number
from dsrb_mm.models.method_part import TrainingProgress

from .blending_weight import BlendingWeight, soft_target
from .complement import CategoryBatch, Complement
from .prototype_bank import NUM_LOCATIONS, PrototypeBank


class BlendingChoice(NamedTuple):
    """What each image is blended with: category, quadrant, and whether at all, each (B, K)."""

    category: Tensor
    location: Tensor
    valid: Tensor


@MODELS.register_module()
class PrototypeBlending(Complement):
    """Blends prototypes into randomly chosen unknown categories of each image.

    K unknown categories of each image are drawn; for each, a prototype of one of the three
    quadrants in which the image's own attention does not peak::

        S''_c = beta S_c + (1 - beta) prototype(c, q)      target 1 - beta

    Only unknown categories with a prototype can be drawn: with fewer than K of them, fewer are
    blended, and a known label is never overwritten. The prototypes are computed by a pass over the
    training set in evaluation mode, at epoch ``begin`` and every ``interval`` epochs after it.

    Args:
        beta: Start value of beta in [0, 1].
        learnable: Whether beta is trained.
        num_blended: Categories K blended in an image.
        max_per_location: See :class:`PrototypeBank`; the published code stops at 100.
        begin: Epoch from which images are blended; the published one is 5.
        interval: Epochs between two passes; the published number is 5.
        name: See :class:`Complement`.

    Raises:
        ValueError: A number out of range, or a batch without locations.
        TypeError: An argument of a wrong type.

    Example:
        >>> blending = PrototypeBlending(beta=0.5, learnable=False, begin=3, interval=3)
    """

    name = 'pprb'
    reads_location = True

    def __init__(
        self,
        beta: float = 0.5,
        learnable: bool = True,
        num_blended: int = 1,
        max_per_location: int | None = None,
        begin: float = 5,
        interval: float = 5,
        name: str | None = None,
    ) -> None:
        super().__init__(begin, name)
        check_number('beta', beta, 0, 1)
        self.num_blended = check_int('num_blended', num_blended, 1)
        self.interval = check_int('interval', interval, 1)
        self.bank = PrototypeBank(max_per_location)
        self.blending_weight = BlendingWeight(beta, learnable)

    def pass_is_due(self, progress: TrainingProgress) -> bool:
        """At epoch ``begin`` and every ``interval`` epochs after it."""
        return progress.is_due(self.begin, self.interval)

    def start_pass(self) -> None:
        """Empty the bank."""
        self.bank.reset()

    def observe(self, batch: CategoryBatch) -> None:
        """Collect the known positives."""
        self.bank.update(batch.features, batch.target, _locations(batch))

    def finish_pass(self) -> str:
        """Compute the prototypes."""
        self.bank.finish()
        counts = self.bank.counts
        return (
            f'prototypes from {int(counts.sum())} known positives; {int((counts == 0).sum())} of '
            f'{counts.numel()} (category, quadrant) pairs are empty'
        )

    @torch.no_grad()
    def choose(self, target: Tensor, quadrant: Tensor) -> BlendingChoice:
        """Draw categories and prototype locations, on the tensors' device.

        Shape:
            target (B, C) in {1, 0, -1}, quadrant (B, C) in 0..3 -> three tensors (B, K).
        """
        candidate = (target == -1) & self.bank.available
        # Random keys below 1 for candidates, -1 elsewhere: the K largest are a uniform draw.
        keys = torch.rand(target.shape, device=target.device).masked_fill(~candidate, -1)
        category = keys.topk(min(self.num_blended, target.shape[1]), dim=1).indices
        shift = torch.randint(1, NUM_LOCATIONS, category.shape, device=target.device)
        location = (quadrant.gather(1, category) + shift) % NUM_LOCATIONS
        return BlendingChoice(category, location, candidate.gather(1, category))

    def forward(self, batch: CategoryBatch) -> CategoryBatch | None:
        """Blend a batch; None before the first pass."""
        if self.bank.is_empty:
            return None
        beta = self.blending_weight()
        features, target = batch.features, batch.target
        choice = self.choose(target, _locations(batch))
        index = choice.category.unsqueeze(-1).expand(-1, -1, features.shape[-1])
        own = features.gather(1, index)
        prototype = self.bank.prototypes[choice.category, choice.location].to(own.dtype)
        mixture = torch.lerp(prototype, own, beta.to(own.dtype))
        mixture = torch.where(choice.valid.unsqueeze(-1), mixture, own)
        changed = torch.zeros_like(target, dtype=torch.bool).scatter(
            1, choice.category, choice.valid
        )
        return replace(
            batch,
            features=features.scatter(1, index, mixture),
            target=soft_target(changed, target, beta),
            changed=changed,
        )

    def scalars(self) -> dict[str, Tensor]:
        """Beta."""
        return {'beta': self.blending_weight.value.detach().clone()}


def _locations(batch: CategoryBatch) -> Tensor:
    if batch.location is None:
        raise ValueError(
            'PrototypeBlending needs the quadrant in which each category peaks, and the head gives '
            'none: use a head with maps, such as DSRBHead or SaliencyHead'
        )
    return batch.location
