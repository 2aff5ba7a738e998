"""Sizes of a model that the data and the backbone tell: categories and channels."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from mmengine.config import ConfigDict
from mmpretrain.registry import MODELS


def fill_in_sizes(
    model: ConfigDict, count_classes: Callable[[], int], image_size: int = 64
) -> None:
    """Fill in the ``num_classes`` and ``in_channels`` that a model config leaves out.

    Numbers that the config states are kept.

    Args:
        model: Config of an ``ImageClassifier``; changed in place.
        count_classes: Gives the number of categories; called only where it is needed.
        image_size: Side of the image with which the backbone is tried.

    Raises:
        ValueError: The backbone does not run on such an image; state ``in_channels`` then.

    Example:
        >>> model = ConfigDict(
        ...     backbone=dict(type='ResNet', depth=18),
        ...     neck=dict(type='GlobalAveragePooling'),
        ...     head=dict(type='PartialLabelLinearHead'),
        ... )
        >>> fill_in_sizes(model, lambda: 20)
        >>> model.head
        {'type': 'PartialLabelLinearHead', 'in_channels': 512, 'num_classes': 20}
    """
    channels = None
    for name in ('neck', 'head'):
        part = model.get(name)
        if not isinstance(part, dict):
            continue
        accepted = _arguments(part)
        if 'num_classes' in accepted and part.get('num_classes') is None:
            part['num_classes'] = count_classes()
        if 'in_channels' in accepted and part.get('in_channels') is None:
            channels = channels or _backbone_channels(model.backbone, image_size)
            part['in_channels'] = channels
        channels = part.get('out_channels') or accepted.get('out_channels') or channels


def _arguments(config: Mapping) -> dict[str, Any]:
    """Arguments of a module's constructor with their defaults, None where there is none."""
    kind = config['type']
    kind = MODELS.get(kind) if isinstance(kind, str) else kind
    parameters = inspect.signature(kind).parameters if kind is not None else {}
    missing = inspect.Parameter.empty
    return {n: None if p.default is missing else p.default for n, p in parameters.items()}


@torch.no_grad()
def _backbone_channels(config: Mapping, image_size: int) -> int:
    plain = copy.deepcopy(dict(config))
    for part in (plain, plain.get('backbone')):
        if isinstance(part, dict):
            part.pop('init_cfg', None)
    try:
        backbone = MODELS.build(plain).eval()
        output = backbone(torch.zeros(1, 3, image_size, image_size))
    except Exception as error:
        raise ValueError(
            f'cannot tell the channels of backbone {plain.get("type")} by running it on an image '
            f'of {image_size} x {image_size}: {error}. State model.neck.in_channels or '
            'model.head.in_channels'
        ) from error
    return (output[-1] if isinstance(output, (tuple, list)) else output).shape[1]
