"""A linear classifier on pooled features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmpretrain.registry import MODELS
from torch import Tensor, nn

from dsrb_mm.arguments import check_number, check_sizes

from .partial_label_head import PartialLabelHead


@MODELS.register_module()
class PartialLabelLinearHead(PartialLabelHead):
    """One linear layer on globally pooled features: the baseline that every method has to beat.

    As MMPretrain's ``MultiLabelLinearClsHead``, with the parts of :class:`PartialLabelHead`. The
    feature of a category is its logit: blending the input of a linear layer is blending its output.

    Args:
        num_classes: Number of categories C.
        in_channels: Channels D of the features.
        dropout: Probability with which a feature channel is left out in training.
        **kwargs: See :class:`PartialLabelHead`.

    Shape:
        last tensor of the input tuple (B, D) -> logits (B, C).

    Raises:
        ValueError: An argument out of range, or an input that is not pooled.
        TypeError: An argument of a wrong type.

    Example:
        >>> head = PartialLabelLinearHead(num_classes=20, in_channels=2048)
        >>> head((torch.randn(4, 2048),)).shape
        torch.Size([4, 20])
    """

    def __init__(
        self, num_classes: int, in_channels: int, dropout: float = 0.0, **kwargs: Any
    ) -> None:
        check_sizes(in_channels=in_channels)
        check_number('dropout', dropout, 0, 1)
        super().__init__(num_classes, category_channels=1, **kwargs)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(in_channels, num_classes)

    def category_features(self, feats: Sequence[Tensor]) -> Tensor:
        """The logits, (B, C, 1)."""
        pooled = feats[-1]
        if pooled.ndim != 2:
            raise ValueError(
                f'expected pooled features (B, D), but got shape {tuple(pooled.shape)}: set '
                "model.neck to dict(type='GlobalAveragePooling')"
            )
        # The scores are ranked: half precision would leave a few hundred different ones.
        with torch.autocast(pooled.device.type, enabled=False):
            return self.fc(self.dropout(pooled.to(self.fc.weight.dtype))).unsqueeze(-1)

    def classify(self, features: Tensor) -> Tensor:
        """(B, C, 1) -> (B, C)."""
        return features.squeeze(-1)

    def category_bias(self) -> nn.Parameter:
        """The layer's bias."""
        return self.fc.bias
