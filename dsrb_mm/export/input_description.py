"""What a stranger must do to a picture before an exported model, in words of image libraries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

# What ends or begins a pipeline without changing pixels, beside loaders.
_NO_PIXELS = ('PackInputs', 'Collect')
_FILTERS = {
    'cv2': ('nearest', 'bilinear', 'bicubic', 'area', 'lanczos'),
    'pillow': ('nearest', 'bilinear', 'bicubic', 'box', 'lanczos', 'hamming'),
}


def describe_input(
    steps: Sequence[Mapping[str, Any]], size: tuple[int, int], preprocessor: nn.Module | None
) -> dict[str, Any]:
    """Describe decoding, resizing and normalisation of a test pipeline.

    Args:
        steps: The pipeline's steps.
        size: Height and width of the model's input.
        preprocessor: The model's data preprocessor, which is part of the exported file.

    Returns:
        ``size``, ``decode``, ``resize`` (``backend``, ``filter``), ``colour_order``, ``range``,
        ``dtype``, ``layout`` and ``normalisation`` (``where``, ``mean``, ``std``).
        ``not_described`` names steps that this cannot express; it is empty for every recipe of
        the package.

    Example:
        >>> describe_input([dict(type='Resize', scale=(192, 192))], (192, 192), None)['resize']
        {'backend': 'cv2', 'filter': 'bilinear'}
    """
    resize, unknown = None, []
    for step in steps:
        kind = str(step['type'])
        if kind.startswith('Load') or kind in _NO_PIXELS:
            continue
        found = _resize(step)
        if found is None or resize is not None:
            unknown.append(kind)
        else:
            resize = found
    return {
        'size': {'height': size[0], 'width': size[1]},
        'decode': 'Pillow: EXIF orientation applied, converted to RGB',
        'resize': resize,
        'colour_order': 'RGB',
        'range': [0, 255],
        'dtype': 'float32',
        'layout': 'batch, channel, height, width',
        'normalisation': {
            'where': 'inside the model',
            'mean': _numbers(preprocessor, 'mean'),
            'std': _numbers(preprocessor, 'std'),
        },
        'not_described': unknown,
    }


def _resize(step: Mapping[str, Any]) -> dict[str, str] | None:
    """Backend and filter of a resize to a fixed size; None for anything else."""
    if step.get('keep_ratio') or step.get('scale') is None:
        return None
    if step['type'] == 'AntialiasedResize':
        return {'backend': 'pillow', 'filter': step.get('interpolation', 'bicubic')}
    if step['type'] != 'Resize':
        return None
    backend, name = step.get('backend', 'cv2'), step.get('interpolation', 'bilinear')
    if name not in _FILTERS.get(backend, ()):
        return None
    return {'backend': backend, 'filter': name}


def _numbers(module: nn.Module | None, name: str) -> list[float] | None:
    values = getattr(module, name, None)
    return None if values is None else [float(value) for value in values.flatten()]
