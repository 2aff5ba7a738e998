"""Instance-perspective representation blending, IPRB (arXiv 2205.13092)."""

from __future__ import annotations

from dataclasses import replace

import torch
from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_number

from .blending_weight import BlendingWeight, soft_target
from .complement import CategoryBatch, Complement


@MODELS.register_module()
class InstanceBlending(Complement):
    """Blends known positives of another image into the unknown categories of each image.

    The partner of image n is image B-1-n. Where category c is unknown in the image and known
    positive in the partner::

        S'_c = alpha S_c + (1 - alpha) S_partner,c        target 1 - alpha

    Every other category is kept.

    Args:
        alpha: Start value of alpha in [0, 1].
        learnable: Whether alpha is trained.
        begin: Epoch from which images are blended; the published one is 5.
        name: See :class:`Complement`.

    Raises:
        ValueError: A number out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> blending = InstanceBlending()
        >>> features = torch.tensor([[[0.0]], [[2.0]]])
        >>> blending(CategoryBatch(features, torch.tensor([[-1.0], [1.0]]))).target
        tensor([[0.5000], [1.0000]], grad_fn=...)
    """

    name = 'iprb'

    def __init__(
        self,
        alpha: float = 0.5,
        learnable: bool = True,
        begin: float = 5,
        name: str | None = None,
    ) -> None:
        super().__init__(begin, name)
        check_number('alpha', alpha, 0, 1)
        self.blending_weight = BlendingWeight(alpha, learnable)

    def forward(self, batch: CategoryBatch) -> CategoryBatch:
        """Blend a batch with its reverse."""
        alpha = self.blending_weight()
        features, target = batch.features, batch.target
        changed = (target == -1) & (target.flip(0) == 1)
        mixture = torch.lerp(features.flip(0), features, alpha.to(features.dtype))
        return replace(
            batch,
            features=torch.where(changed.unsqueeze(-1), mixture, features),
            target=soft_target(changed, target, alpha),
            changed=changed,
        )

    def scalars(self) -> dict[str, Tensor]:
        """Alpha."""
        return {'alpha': self.blending_weight.value.detach().clone()}
