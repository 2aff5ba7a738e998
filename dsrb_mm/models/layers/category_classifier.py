"""Output layer and one binary classifier per category (reference: arXiv 2205.13092)."""

from __future__ import annotations

import math

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from dsrb_mm.arguments import check_sizes


class CategoryClassifier(BaseModule):
    """Scores each category from its graph state X_c and its semantic feature S_c.

    ``o_c = tanh(F [X_c ; S_c])``, ``logit_c = v_c . o_c + b_c``, with one (v_c, b_c) per category.

    Args:
        num_classes: Number of categories C.
        channels: Number of channels D of X and S.
        hidden_channels: Number of channels of o_c.
        init_cfg: Initialisation config of MMEngine.

    Shape:
        X (B, C, D), S (B, C, D) -> logits (B, C).
    """

    def __init__(
        self,
        num_classes: int,
        channels: int,
        hidden_channels: int = 1024,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        check_sizes(num_classes=num_classes, channels=channels, hidden_channels=hidden_channels)
        self.output = nn.Linear(2 * channels, hidden_channels)
        self.weight = nn.Parameter(torch.empty(num_classes, hidden_channels))
        self.bias = nn.Parameter(torch.empty(num_classes))
        bound = 1 / math.sqrt(hidden_channels)
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, state: Tensor, semantic: Tensor, category: Tensor | None = None) -> Tensor:
        """Logits of all categories, or of single entries.

        Args:
            state: X.
            semantic: S.
            category: The category of each entry, where X and S are not (B, C, D) but (R, D).

        Shape:
            (B, C, D), (B, C, D) -> (B, C); with ``category`` (R,): (R, D), (R, D) -> (R,).
        """
        hidden = torch.tanh(self.output(torch.cat([state, semantic], dim=-1)))
        if category is None:
            return (hidden * self.weight).sum(-1) + self.bias
        weight, bias = (p.index_select(0, category) for p in (self.weight, self.bias))
        return (hidden * weight).sum(-1) + bias
