"""Features kept for every category, and how similar others are to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from dsrb_mm.models.method_part import MethodPart

if TYPE_CHECKING:
    from .complement import CategoryBatch


class CategoryBank(MethodPart):
    """Base of banks with up to ``size`` features for each category.

    The buffers are empty until a subclass fills them, or makes room for them. They are part of the
    checkpoint and the same in all processes.

    Args:
        size: Entries K per category.

    Attributes:
        prototypes: The features, (C, K, D).
        counts: Number of images behind each entry, (C, K); 0 marks an empty entry.
    """

    category_rows: tuple[str, ...] = ('prototypes', 'counts')
    sized_by_data: tuple[str, ...] = ('prototypes', 'counts')
    prototypes: Tensor
    counts: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer('prototypes', torch.empty(0, size, 0))
        self.register_buffer('counts', torch.empty(0, size, dtype=torch.long))

    @property
    def is_empty(self) -> bool:
        """Whether there is not even room for entries."""
        return len(self.prototypes) == 0

    @property
    def available(self) -> Tensor:
        """Categories with at least one entry, (C,) bool."""
        return self.counts.sum(-1) > 0

    def build_layers(self, num_classes: int, channels: int) -> None:
        """Make room where the size is known; see :meth:`Complement.build_layers`."""

    def see_batch(self, batch: CategoryBatch) -> None:
        """Look at a training batch, in training mode; for banks that training itself fills."""

    def similarity(self, features: Tensor) -> Tensor:
        """Mean cosine of each category's feature with the entries of the category.

        Computed in float32 under mixed precision. A category without entries gets -1. Gradients
        flow into the features alone.

        Shape:
            (B, C, D) -> (B, C).
        """
        if self.is_empty:
            return features.new_full(features.shape[:2], -1)
        with torch.autocast(features.device.type, enabled=False):
            features = features if features.dtype == torch.float64 else features.float()
            filled = (self.counts > 0).unsqueeze(-1)
            unit = F.normalize(self.prototypes.to(features.dtype), dim=-1) * filled
            # The mean of cosines is the cosine with the mean of the unit vectors, not normalised.
            mean = unit.sum(1) / filled.sum(1).clamp(min=1)
            cosine = torch.einsum('bcd,cd->bc', F.normalize(features, dim=-1), mean)
            return cosine.masked_fill(~self.available, -1)
