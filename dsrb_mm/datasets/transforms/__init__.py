"""Transforms for MMPretrain's pipelines."""

from .load_checked_image_from_file import LoadCheckedImageFromFile

__all__ = ['LoadCheckedImageFromFile']
