"""A backbone that is not trained, and need not see the same image twice."""

from __future__ import annotations

import hashlib

import torch
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_int


@MODELS.register_module()
class FrozenBackbone(BaseModule):
    """Wraps a backbone: no gradients, eval mode throughout, optionally its outputs remembered.

    For backbones without ``frozen_stages``, and for training on a CPU: with a pipeline that has no
    random part (or few outcomes, such as a flip), every epoch after the first costs neck and head
    alone. Outputs are remembered by the content of the input, so results are exactly those without
    the memory. On a GPU looking up the content would stall the device; leave it off there.

    Args:
        backbone: Config of the wrapped backbone; its last output is used.
        cache_bytes: Most memory the remembered outputs may take; when it is full, further inputs
            are computed each time. 0 remembers nothing.
        init_cfg: Initialisation config of MMEngine.

    Shape:
        (B, 3, H, W) -> tuple of one (B, D, h, w).

    Raises:
        ValueError: ``cache_bytes`` below 0.
    """

    def __init__(self, backbone: dict, cache_bytes: int = 0, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        check_int('cache_bytes', cache_bytes)
        self.backbone = MODELS.build(backbone)
        self.backbone.requires_grad_(False)
        self.cache_bytes = cache_bytes
        self._cache: dict[bytes, Tensor] = {}
        self._used_bytes = 0
        self._weights: list[tuple[int, int]] = []
        self.train()

    def train(self, mode: bool = True) -> FrozenBackbone:
        """Stay in eval mode: the BatchNorm statistics are part of the pretrained weights."""
        super().train(False)
        return self

    @torch.no_grad()
    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Feature map of each image, computed or remembered."""
        if not self.cache_bytes:
            return (self.backbone(images)[-1],)
        weights = self._weights_now()
        if weights != self._weights:
            self.forget()
            self._weights = weights
        # Pixels alone do not tell an upright image from one lying on its side.
        kind = f'{tuple(images.shape[1:])} {images.dtype}'.encode()
        keys = [
            hashlib.blake2b(image.cpu().numpy(), digest_size=16, key=kind[:64]).digest()
            for image in images
        ]
        new = {key: row for row, key in enumerate(keys) if key not in self._cache}
        found = {key: self._cache[key] for key in keys if key not in new}
        if new:
            maps = self.backbone(images[list(new.values())])[-1]
            found.update(zip(new, maps, strict=True))
            self._remember({key: found[key] for key in new})
        return (torch.stack([found[key] for key in keys]),)

    def _remember(self, maps: dict[bytes, Tensor]) -> None:
        for key, value in maps.items():
            size = value.numel() * value.element_size()
            if self._used_bytes + size > self.cache_bytes:
                return
            self._cache[key] = value.contiguous().clone()
            self._used_bytes += size

    def _load_from_state_dict(self, *args, **kwargs) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        self.forget()

    def forget(self) -> None:
        """Drop all outputs that are kept."""
        self._cache.clear()
        self._used_bytes = 0

    def _weights_now(self) -> list[tuple[int, int]]:
        """Where weights and statistics lie, and how often they were changed in place."""
        values = [*self.backbone.parameters(), *self.backbone.buffers()]
        return [(value.data_ptr(), value._version) for value in values]
