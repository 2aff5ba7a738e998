"""The base of complements that blend prototypes of a bank into unknown categories."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from dsrb_mm.arguments import check_int, check_number

from .blending_weight import BlendingWeight, soft_target
from .category_bank import CategoryBank
from .complement import CategoryBatch, Complement


class BlendingChoice(NamedTuple):
    """What each image is blended with: category, place in the bank, and whether at all; (B, K)."""

    category: Tensor
    location: Tensor
    valid: Tensor


class BankBlending(Complement):
    """Base: blends prototypes into randomly chosen unknown categories of each image.

    K unknown categories of each image are drawn; for each, a prototype of a bank::

        S''_c = beta S_c + (1 - beta) prototype(c, q)      target 1 - beta

    Only unknown categories with a prototype can be drawn: with fewer than K of them, fewer are
    blended, and a known label is never overwritten. A subclass implements :meth:`draw`.

    Args:
        bank: The prototypes.
        beta: Start value of beta in [0, 1].
        learnable: Whether beta is trained.
        num_blended: Categories K blended in an image.
        begin: See :class:`Complement`.
        name: See :class:`Complement`.

    Raises:
        ValueError: A number out of range.
        TypeError: An argument of a wrong type.
    """

    def __init__(
        self,
        bank: CategoryBank,
        beta: float,
        learnable: bool,
        num_blended: int,
        begin: float,
        name: str | None,
    ) -> None:
        super().__init__(begin, name)
        check_number('beta', beta, 0, 1)
        self.num_blended = check_int('num_blended', num_blended, 1)
        self.bank = bank
        self.blending_weight = BlendingWeight(beta, learnable)

    def draw(self, category: Tensor, location: Tensor | None) -> Tensor:
        """Draw a place in the bank for each chosen category.

        Args:
            category: The chosen categories. One that is not available gets any place.
            location: Quadrant in which each category of the images peaks, if known.

        Shape:
            (B, K), (B, C) -> (B, K).
        """
        raise NotImplementedError

    @torch.no_grad()
    def choose(self, target: Tensor, location: Tensor | None = None) -> BlendingChoice:
        """Draw categories and prototypes, on the tensors' device.

        Shape:
            target (B, C) in {1, 0, -1}, location (B, C) in 0..3 -> three tensors (B, K).
        """
        candidate = (target == -1) & self.bank.available
        # Random keys below 1 for candidates, -1 elsewhere: the K largest are a uniform draw.
        keys = torch.rand(target.shape, device=target.device).masked_fill(~candidate, -1)
        category = keys.topk(min(self.num_blended, target.shape[1]), dim=1).indices
        drawn = self.draw(category, location)
        return BlendingChoice(category, drawn, candidate.gather(1, category))

    def forward(self, batch: CategoryBatch) -> CategoryBatch | None:
        """Blend a batch; None before the bank is filled."""
        if self.bank.is_empty:
            return None
        beta = self.blending_weight()
        features, target = batch.features, batch.target
        choice = self.choose(target, batch.location)
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
