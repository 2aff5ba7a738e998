"""Batches without the images that could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mmengine.dataset import default_collate
from mmengine.registry import FUNCTIONS

from dsrb_mm.datasets.image_decoding import UnreadableImageError

SKIPPED = 'skipped'  # key of a batch


@dataclass(frozen=True)
class SkippedImage:
    """Stands in a batch for an image that was left out; its text says which and why."""

    reason: str


@FUNCTIONS.register_module()
def collate_readable(samples: Sequence[Any]) -> Any:
    """Collate a batch as ``default_collate`` does, smaller by the skipped images.

    Args:
        samples: Samples of a dataset; a :class:`SkippedImage` for each image left out.

    Returns:
        The batch; what was left out stands under ``'skipped'``, for ``SkippedImageHook``.

    Raises:
        UnreadableImageError: Nothing is left.
    """
    skipped = [sample.reason for sample in samples if isinstance(sample, SkippedImage)]
    if not skipped:
        return default_collate(samples)
    rest = [sample for sample in samples if not isinstance(sample, SkippedImage)]
    if not rest:
        raise UnreadableImageError(
            f'expected a readable image in every batch, but skipped all: {"; ".join(skipped)}'
        )
    return {**default_collate(rest), SKIPPED: skipped}
