"""Indices of marked entries, padded to a common number."""

from __future__ import annotations

from torch import Tensor


def marked_entries(mask: Tensor) -> Tensor:
    """Indices of the marked entries of every row, padded with unmarked ones to a common number.

    The number is the largest that occurs. On an accelerator, reading it makes the host wait for the
    device once.

    Args:
        mask: Marks.

    Shape:
        (..., N) bool -> (..., K) indices, distinct within a row; K is at least 1.
    """
    most = max(1, int(mask.sum(-1).max()))
    return mask.float().topk(most).indices
