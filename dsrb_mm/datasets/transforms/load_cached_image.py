"""The step of a pipeline that takes a resized image from disk."""

from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform
from mmpretrain.registry import TRANSFORMS

from dsrb_mm.fileio.array_store import open_store


@TRANSFORMS.register_module()
class LoadCachedImage(BaseTransform):
    """Takes the image of ``img_path`` from an :class:`ArrayStore`, in place of the first steps.

    :func:`use_cached_images` writes the store and puts this step into a config. ``ori_shape``,
    ``scale_factor`` and other notes are those of the steps that it takes the place of.

    Args:
        folder: Folder of the store.

    Raises:
        FileNotFoundError: On use, there is no store.
        ValueError: On use, the store is damaged, or does not have the image.

    Example:
        >>> step = LoadCachedImage('work_dirs/images/0123456789abcdef')
        >>> step(dict(img_path='data/photos/1.jpg'))['img'].shape
        (512, 512, 3)
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the image, (H, W, 3) uint8."""
        store, path = open_store(self.folder), str(results['img_path'])
        try:
            image = store.array_of(path)
        except KeyError as error:
            raise ValueError(
                f'expected {self.folder} to hold the image {path}, but it does not: call '
                'use_cached_images again for these images'
            ) from error
        results.update(store.meta_of(path))
        results['img'] = image
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(folder={self.folder!r})'
