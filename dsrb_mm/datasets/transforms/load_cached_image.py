"""The step of a pipeline that takes a resized image from disk."""

from __future__ import annotations

from mmpretrain.registry import TRANSFORMS

from .load_from_store import LoadFromStore


@TRANSFORMS.register_module()
class LoadCachedImage(LoadFromStore):
    """Takes the image of ``img_path``, (H, W, 3) uint8, from disk, in place of the first steps.

    :func:`use_cached_images` writes the store and puts this step into a config. Arguments and
    errors are those of :class:`LoadFromStore`.

    Example:
        >>> step = LoadCachedImage('work_dirs/images/0123456789abcdef')
        >>> step(dict(img_path='data/photos/1.jpg'))['img'].shape
        (512, 512, 3)
    """

    content, written_by = 'the image', 'use_cached_images'
