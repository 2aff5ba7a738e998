"""Where a model looks for each category."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


@torch.no_grad()
def category_maps(model: nn.Module, feats: Any) -> Tensor | None:
    """The attention of :class:`CSRLNeck`, or the class maps of :class:`SaliencyHead`.

    Args:
        model: A classifier.
        feats: What its neck gave for a batch.

    Returns:
        0 or more; the attention sums to 1, class maps begin at 0. None where a model has neither.

    Shape:
        (B, C, h, w).
    """
    attention = getattr(feats, 'attention', None)
    if attention is not None:
        return attention
    head: Any = getattr(model, 'head', None)
    if not hasattr(head, 'maps'):
        return None
    maps = head.maps(feats).sum(2)
    return maps - maps.amin((-2, -1), keepdim=True)
