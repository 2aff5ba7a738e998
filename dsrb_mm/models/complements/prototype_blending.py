"""Prototype-perspective representation blending, PPRB (reference: arXiv 2205.13092)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dsrb_mm.arguments import check_int, check_number, check_sizes
from dsrb_mm.models.complements.blending_weight import BlendingWeight, soft_target
from dsrb_mm.models.complements.prototype_bank import NUM_LOCATIONS, PrototypeBank


class BlendingChoice(NamedTuple):
    """What each image is blended with: category, quadrant, and whether at all, each (B, K)."""

    category: Tensor
    location: Tensor
    valid: Tensor


class PrototypeBlending(nn.Module):
    """Blends prototypes into randomly chosen unknown categories of each image.

    K unknown categories of each image are drawn; for each, a prototype of one of the three
    quadrants in which the image's own attention does not peak::

        S''_c = beta S_c + (1 - beta) prototype(c, q)      target 1 - beta

    Only unknown categories with a prototype can be drawn: with fewer than K of them, fewer are
    blended, and a known label is never overwritten.

    Args:
        num_classes: Number of categories C.
        channels: Number of channels D.
        beta: Start value of beta in [0, 1].
        learnable: Whether beta is trained.
        num_blended: Categories K blended in an image.
        max_per_location: See :class:`PrototypeBank`.

    Raises:
        ValueError: ``num_blended`` below 1 or ``beta`` outside [0, 1].
        TypeError: An argument of a wrong type.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int,
        beta: float = 0.5,
        learnable: bool = True,
        num_blended: int = 1,
        max_per_location: int | None = None,
    ) -> None:
        super().__init__()
        check_sizes(num_classes=num_classes, channels=channels)
        check_number('beta', beta, 0, 1)
        check_int('num_blended', num_blended, 1)
        self.num_blended = min(num_blended, num_classes)
        self.bank = PrototypeBank(num_classes, channels, max_per_location)
        self.blending_weight = BlendingWeight(beta, learnable)

    @torch.no_grad()
    def choose(self, target: Tensor, quadrant: Tensor) -> BlendingChoice:
        """Draw categories and prototype locations, on the tensors' device.

        Shape:
            target (B, C) in {1, 0, -1}, quadrant (B, C) in 0..3 -> three tensors (B, K).
        """
        candidate = (target == -1) & self.bank.available
        # Random keys below 1 for candidates, -1 elsewhere: the K largest are a uniform draw.
        keys = torch.rand(target.shape, device=target.device).masked_fill(~candidate, -1)
        category = keys.topk(self.num_blended, dim=1).indices
        shift = torch.randint(1, NUM_LOCATIONS, category.shape, device=target.device)
        location = (quadrant.gather(1, category) + shift) % NUM_LOCATIONS
        return BlendingChoice(category, location, candidate.gather(1, category))

    def forward(
        self, semantic: Tensor, target: Tensor, quadrant: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Blend a batch.

        Shape:
            semantic (B, C, D), target (B, C) in {1, 0, -1}, quadrant (B, C) in 0..3 ->
            blended semantic (B, C, D), its target (B, C), which entries were blended (B, C) bool.
        """
        beta = self.blending_weight()
        choice = self.choose(target, quadrant)
        index = choice.category.unsqueeze(-1).expand(-1, -1, semantic.shape[-1])
        own = semantic.gather(1, index)
        prototype = self.bank.prototypes[choice.category, choice.location].to(own.dtype)
        mixture = torch.lerp(prototype, own, beta.to(own.dtype))
        mixture = torch.where(choice.valid.unsqueeze(-1), mixture, own)
        mixed = semantic.scatter(1, index, mixture)
        blended = torch.zeros_like(target, dtype=torch.bool).scatter(
            1, choice.category, choice.valid
        )
        return mixed, soft_target(blended, target, beta), blended
