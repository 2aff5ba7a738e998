"""A backbone that has done its work: its inputs are feature maps."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor, nn

from dsrb_mm.arguments import check_sizes

from .frozen_backbone import FrozenBackbone


def weights_digest(model: nn.Module) -> str:
    """Hash of all parameters and buffers of a model, with their names and types."""
    digest = hashlib.sha256()
    for name, value in model.state_dict().items():
        digest.update(f'{name} {value.dtype} {tuple(value.shape)}'.encode())
        digest.update(value.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy())
    return digest.hexdigest()


@MODELS.register_module()
class FeatureInput(BaseModule):
    """Hands on feature maps that were computed before training, in place of a backbone.

    Args:
        channels: Channels D of the maps.
        backbone: Config of the backbone that computed them. Its weights then stand in checkpoints
            as if it had been trained with, so that these fit the config that reads images.
        weights: :func:`weights_digest` of the backbone that computed the maps; weights that are
            loaded must have it.
        init_cfg: Initialisation config of MMEngine.

    Shape:
        (B, D, h, w) -> tuple of the same.

    Raises:
        ValueError: ``channels`` out of range, an input of another number of channels, or weights
            of another backbone.
        TypeError: ``channels`` is not an integer.

    Example:
        >>> FeatureInput(channels=1280)(torch.zeros(2, 1280, 6, 6))[0].shape
        torch.Size([2, 1280, 6, 6])
    """

    def __init__(
        self,
        channels: int,
        backbone: dict | None = None,
        weights: str | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        check_sizes(channels=channels)
        self.channels = channels
        if backbone is not None:
            # Under the same names as in a FrozenBackbone.
            self.backbone = FrozenBackbone(backbone).backbone
            self.weights = weights
            if weights is not None:
                self.register_load_state_dict_post_hook(_check_weights)

    def train(self, mode: bool = True) -> FeatureInput:
        """Stay in eval mode, as the backbone did when it computed the maps."""
        super().train(False)
        return self

    def forward(self, features: Tensor) -> tuple[Tensor]:
        """The maps, after a check that they are not images."""
        if features.ndim != 4 or features.shape[1] != self.channels:
            raise ValueError(
                f'expected feature maps of {self.channels} channels, but got inputs of shape '
                f'{tuple(features.shape)}: this config reads cached features; use the config '
                'without them for images'
            )
        return (features,)


def _check_weights(module: nn.Module, keys: Any) -> None:
    """Refuse a checkpoint whose backbone did not compute the maps: its head is for others."""
    if weights_digest(module.backbone) != module.weights:
        raise ValueError(
            'the cached features were computed by a backbone with other weights than the one in '
            'the checkpoint: name its weights in model.backbone.backbone.init_cfg, or work without '
            'cached features'
        )
