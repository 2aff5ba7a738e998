"""Indices of marked entries, padded to a common number."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def marked_entries(masks: Sequence[Tensor]) -> list[Tensor]:
    """Indices of the marked entries of every row, padded with unmarked ones to a common number.

    The number is the largest that occurs in a mask. On an accelerator, reading the numbers makes
    the host wait for the device, once for all masks.

    Args:
        masks: Marks.

    Shape:
        each (..., N) bool -> (..., K) indices, distinct within a row; K is at least 1.
    """
    numbers = torch.stack([mask.sum(-1).max() for mask in masks]).tolist()
    return [
        mask.float().topk(max(1, number)).indices
        for mask, number in zip(masks, numbers, strict=True)
    ]
