"""The step of a pipeline that takes a feature map from disk in place of an image."""

from __future__ import annotations

from typing import Any

import torch
from mmcv.transforms import BaseTransform
from mmpretrain.registry import TRANSFORMS

from dsrb_mm.fileio.array_store import open_store


@TRANSFORMS.register_module()
class LoadCachedFeature(BaseTransform):
    """Takes the feature map of ``img_path`` from an :class:`ArrayStore`.

    Labels, ``sample_idx`` and the notes of the pipeline that read the image (``ori_shape``,
    ``scale_factor``, ...) are those of the image. ``PackInputs`` follows.

    Args:
        folder: Folder of the store.
        key: Where ``PackInputs`` looks for its input.

    Raises:
        FileNotFoundError: On use, there is no store.
        ValueError: On use, the store is damaged, or does not have the image.

    Example:
        >>> pipeline = [
        ...     dict(type='LoadCachedFeature', folder='work_dirs/features/0123456789abcdef'),
        ...     dict(type='PackInputs'),
        ... ]
    """

    def __init__(self, folder: str, key: str = 'img') -> None:
        self.folder = folder
        self.key = key

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the map, (D, h, w) float16."""
        store, path = open_store(self.folder), str(results['img_path'])
        try:
            feature = torch.from_numpy(store.array_of(path))
        except KeyError as error:
            raise ValueError(
                f'expected {self.folder} to hold the features of {path}, but it does not: call '
                'use_cached_features again for these images'
            ) from error
        results.update(store.meta_of(path))
        results[self.key] = feature
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(folder={self.folder!r})'
