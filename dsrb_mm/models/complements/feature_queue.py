"""The latest features of known positives of every category (reference: SST, arXiv 2112.10941)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_int
from dsrb_mm.models.label_bank import gather_rows

from .category_bank import CategoryBank

if TYPE_CHECKING:
    from .complement import CategoryBatch


@MODELS.register_module()
class FeatureQueue(CategoryBank):
    """The last ``size`` features of known positives of each category, from all processes.

    Training fills it from the first iteration on. Reference: SST, cross-image semantic transfer
    (arXiv 2112.10941), with ``size=100``.

    Args:
        size: Features kept per category.

    Raises:
        ValueError: ``size`` below 1.
        TypeError: ``size`` is not an integer.

    Example:
        >>> queue = FeatureQueue(size=2)
        >>> queue.build_layers(num_classes=1, channels=1)
        >>> features = torch.tensor([[[1.0]], [[2.0]], [[3.0]]])
        >>> queue.see_batch(CategoryBatch(features, torch.ones(3, 1)))
        >>> queue.prototypes.flatten().sort().values
        tensor([2., 3.])
    """

    category_rows = ('prototypes', 'counts', 'seen')
    seen: Tensor

    def __init__(self, size: int = 100) -> None:
        super().__init__(check_int('size', size, 1))
        # Positives seen so far: they say which place is the oldest.
        self.register_buffer('seen', torch.empty(0, dtype=torch.long))

    def build_layers(self, num_classes: int, channels: int) -> None:
        """Make room for ``size`` features of each category."""
        self.prototypes = self.prototypes.new_zeros(num_classes, self.size, channels)
        self.counts = self.counts.new_zeros(num_classes, self.size)
        self.seen = self.seen.new_zeros(num_classes)

    @torch.no_grad()
    def see_batch(self, batch: CategoryBatch) -> None:
        """Replace the oldest features by those of the batch's known positives."""
        features, target = gather_rows(batch.features, batch.target)
        categories = torch.arange(features.shape[1], device=features.device)
        # Image by image, so that nothing has to be read from the device.
        for feature, present in zip(features.to(self.prototypes.dtype), target == 1, strict=True):
            place = (categories, self.seen % self.size)
            kept = torch.where(present.unsqueeze(-1), feature, self.prototypes[place])
            self.prototypes[place] = kept
            self.seen += present
        places = torch.arange(self.size, device=features.device)
        self.counts = (places < self.seen.unsqueeze(-1)).long()
