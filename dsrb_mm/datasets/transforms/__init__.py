"""Transforms for MMPretrain's pipelines."""

from .antialiased_resize import AntialiasedResize
from .load_cached_image import LoadCachedImage
from .load_checked_image_from_file import LoadCheckedImageFromFile

__all__ = ['AntialiasedResize', 'LoadCachedImage', 'LoadCheckedImageFromFile']
