"""Indices of marked entries without a transfer from the accelerator to the host."""

from __future__ import annotations

import torch
from torch import Tensor


def _can_count(device: torch.device) -> bool:
    """Whether a number in a tensor can be read without waiting for other work."""
    return device.type == 'cpu'


def marked_entries(mask: Tensor, most: int | None = None) -> Tensor:
    """Indices of the marked entries of every row, padded with unmarked ones to a common number.

    On the CPU the number is the largest that occurs. An accelerator would have to be waited for to
    learn it, so there it is ``most``, a bound known beforehand.

    Args:
        mask: Marks.
        most: The most marks a row can have; None where nothing is known about it.

    Shape:
        (..., N) bool -> (..., K) indices, distinct in a row; K is at least 1.

    Raises:
        RuntimeError: A row has more marks than ``most`` (on an accelerator, raised when it is
            next waited for).
    """
    count = mask.sum(-1)
    if _can_count(mask.device):
        most = int(count.max())
    most = min(mask.shape[-1], max(1, mask.shape[-1] if most is None else most))
    # A batch with more known labels than any training image had would lose some.
    torch._assert_async((count <= most).all())
    return mask.float().topk(most).indices
