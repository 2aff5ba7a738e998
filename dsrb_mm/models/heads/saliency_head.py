"""Class saliency maps, pooled by their mean and their highest locations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmpretrain.registry import MODELS
from torch import Tensor, nn

from dsrb_mm.arguments import check_int, check_number, check_sizes
from dsrb_mm.models.layers import peak_quadrant

from .partial_label_head import PartialLabelHead


@MODELS.register_module()
class SaliencyHead(PartialLabelHead):
    """Maps of each category from a 1x1 convolution, pooled by mean and highest locations.

    Saliency regularisation of SR (ICCV 2023): with A_c the map of category c,
    ``logit_c = mean(A_c) + saliency_weight * mean(the top_k highest locations of A_c) + bias_c``.
    The highest locations keep objects that cover a small part of the image trained, where a mean
    alone would leave little of them.

    Which weight is best depends on the size of the objects. M weights give each category M maps,
    whose pooled values are averaged (ours, not published; measured in docs/small_data.md).

    Args:
        num_classes: Number of categories C.
        in_channels: Channels D of the feature map.
        top_k: Number of highest locations; at most all.
        saliency_weight: Weight of their mean, 0 or more; or M weights, for M maps per category.
            That of a checkpoint takes precedence over the config's (:class:`SaliencyWeightHook`).
        dropout: Probability with which a channel of the map is left out in training.
        **kwargs: See :class:`PartialLabelHead`.

    Shape:
        last tensor of the input tuple (B, D, H, W) -> logits (B, C).

    Raises:
        ValueError: An argument out of range, or an input that is not a map.
        TypeError: An argument of a wrong type.

    Example:
        >>> head = SaliencyHead(num_classes=20, in_channels=2048)
        >>> head((torch.randn(4, 2048, 14, 14),)).shape
        torch.Size([4, 20])
    """

    saliency_weights: Tensor

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        top_k: int = 5,
        saliency_weight: float | Sequence[float] = 0.5,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        check_sizes(in_channels=in_channels)
        check_number('dropout', dropout, 0, 1)
        weights = _check_weights(saliency_weight)
        num_maps = len(weights)
        super().__init__(num_classes, category_channels=2 * num_maps, **kwargs)
        # In the checkpoint, where SaliencyWeightHook may have chosen another than the config's.
        self.register_buffer('saliency_weights', torch.tensor(weights, dtype=torch.float32))
        self.top_k = check_int('top_k', top_k, 1)
        self.dropout = nn.Dropout2d(dropout)
        self.conv = nn.Conv2d(in_channels, num_classes * num_maps, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def maps(self, feats: Sequence[Tensor], dropout: bool = False) -> Tensor:
        """The class maps A, (B, C, M, H, W), in float32 also under mixed precision."""
        features = feats[-1]
        if features.ndim != 4 or features.shape[1] != self.conv.in_channels:
            raise ValueError(
                f'expected a feature map of shape (B, {self.conv.in_channels}, H, W), but got '
                f'{tuple(features.shape)}: the neck must not pool, and in_channels must be that of '
                'the backbone'
            )
        # The scores are ranked: half precision would leave a few hundred different ones.
        with torch.autocast(features.device.type, enabled=False):
            features = features.to(self.conv.weight.dtype)
            maps = self.conv(self.dropout(features) if dropout else features)
            return maps.unflatten(1, (-1, len(self.saliency_weights)))

    def category_features(self, feats: Sequence[Tensor]) -> Tensor:
        """Means and means of the highest locations of a category's maps, (B, C, 2 M)."""
        maps = self.maps(feats, dropout=True).flatten(3)
        top = maps.topk(min(self.top_k, maps.shape[-1]), dim=-1, sorted=False).values
        return torch.cat([maps.mean(-1), top.mean(-1)], dim=-1)

    def classify(self, features: Tensor) -> Tensor:
        """(B, C, 2 M) -> (B, C)."""
        means, peaks = features.chunk(2, dim=-1)
        return (means + self.saliency_weights * peaks).mean(-1) + self.bias

    def category_bias(self) -> nn.Parameter:
        """The bias of each logit."""
        return self.bias

    def locations(self, feats: Sequence[Tensor]) -> Tensor:
        """Quadrant of the highest location of each category's maps, summed."""
        with torch.no_grad():
            return peak_quadrant(self.maps(feats).sum(2))


def _check_weights(weights: float | Sequence[float]) -> list[float]:
    """The weights as a list.

    Raises:
        ValueError: None, or one below 0.
        TypeError: Neither a number nor a sequence of numbers.
    """
    if isinstance(weights, str) or not isinstance(weights, Sequence):
        weights = [weights]
    if not weights:
        raise ValueError('expected saliency_weight to be a number, or one or more, but got none')
    return [check_number('saliency_weight', weight, 0) for weight in weights]
