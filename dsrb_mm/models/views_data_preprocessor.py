"""Batches of two views per image."""

from __future__ import annotations

from typing import Any

import torch
from mmpretrain.models import ClsDataPreprocessor
from mmpretrain.registry import MODELS


@MODELS.register_module()
class ViewsDataPreprocessor(ClsDataPreprocessor):
    """Preprocesses two views of every image, for methods that compare them.

    The training pipeline ends with ``MultiView`` (two lists of transforms) and ``PackInputs``,
    which give a list of two images per sample. In training, the batch that the model sees holds the
    first views and behind them the second ones; the labels are those of the first half. Outside
    training only the first view is used, so that validation needs no other preprocessor.

    Takes the arguments of MMPretrain's ``ClsDataPreprocessor``.

    Shape:
        two times (B, 3, H, W) -> (2B, 3, H, W).

    Raises:
        ValueError: Another number of views.

    Example:
        >>> preprocessor = ViewsDataPreprocessor(mean=[0.0] * 3, std=[255.0] * 3)
        >>> views = [[torch.zeros(3, 8, 8)], [torch.ones(3, 8, 8)]]
        >>> preprocessor(dict(inputs=views), training=True)['inputs'].shape
        torch.Size([2, 3, 8, 8])
    """

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Preprocess a batch of MMEngine's collate functions."""
        views = data['inputs']
        is_list = isinstance(views, (list, tuple)) and not _is_image(views[0])
        if not is_list and training:
            raise ValueError(
                'expected two views of every image, but got one: put MultiView with two lists of '
                'transforms before PackInputs in the training pipeline'
            )
        if not is_list:
            return super().forward(data, training)
        if len(views) != 2:
            raise ValueError(f'expected two views of every image, but got {len(views)}')
        first = super().forward({**data, 'inputs': views[0]}, training)
        if not training:
            return first
        second = super().forward(dict(inputs=views[1]), training)
        return {**first, 'inputs': torch.cat([first['inputs'], second['inputs']])}


def _is_image(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.ndim == 3
