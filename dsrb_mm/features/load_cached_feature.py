"""The step of a pipeline that takes a feature map from disk in place of an image."""

from __future__ import annotations

import numpy as np
import torch
from mmpretrain.registry import TRANSFORMS

from dsrb_mm.datasets.transforms.load_from_store import LoadFromStore


@TRANSFORMS.register_module()
class LoadCachedFeature(LoadFromStore):
    """Takes the feature map of ``img_path``, (D, h, w) float16, from disk; ``PackInputs`` follows.

    Arguments and errors are those of :class:`LoadFromStore`.

    Example:
        >>> pipeline = [
        ...     dict(type='LoadCachedFeature', folder='work_dirs/features/0123456789abcdef'),
        ...     dict(type='PackInputs'),
        ... ]
    """

    content, written_by = 'the features of', 'use_cached_features'

    def convert(self, array: np.ndarray) -> torch.Tensor:
        """A tensor: ``PackInputs`` would turn an array like an image."""
        return torch.from_numpy(array)
