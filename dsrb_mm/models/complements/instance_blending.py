"""Instance-perspective representation blending, IPRB (reference: arXiv 2205.13092)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dsrb_mm.arguments import check_number
from dsrb_mm.models.complements.blending_weight import BlendingWeight, soft_target


class InstanceBlending(nn.Module):
    """Blends known positives of another image into the unknown categories of each image.

    The partner of image n is image B-1-n. Where category c is unknown in the image and known
    positive in the partner::

        S'_c = alpha S_c + (1 - alpha) S_partner,c        target 1 - alpha

    Every other category is kept.

    Args:
        alpha: Start value of alpha in [0, 1].
        learnable: Whether alpha is trained.

    Raises:
        ValueError: ``alpha`` outside [0, 1].
        TypeError: An argument of a wrong type.
    """

    def __init__(self, alpha: float = 0.5, learnable: bool = True) -> None:
        super().__init__()
        check_number('alpha', alpha, 0, 1)
        self.blending_weight = BlendingWeight(alpha, learnable)

    def forward(self, semantic: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Blend a batch.

        Shape:
            semantic (B, C, D), target (B, C) in {1, 0, -1} ->
            blended semantic (B, C, D), its target (B, C), which entries were blended (B, C) bool.
        """
        alpha = self.blending_weight()
        blended = (target == -1) & (target.flip(0) == 1)
        mixture = torch.lerp(semantic.flip(0), semantic, alpha.to(semantic.dtype))
        mixed = torch.where(blended.unsqueeze(-1), mixture, semantic)
        return mixed, soft_target(blended, target, alpha), blended
