"""Small pictures for a page, with what the model looked at."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from dsrb_mm.models.category_maps import category_maps
from dsrb_mm.visualization import original_image

SIDE = 200  # pixels of the longer side
_QUALITY = 72


@torch.no_grad()
def maps_of(model: nn.Module, samples: Any, wanted: Sequence[tuple[int, int]]) -> list[Any]:
    """Maps of what the model looked at, for pairs of image and category.

    Args:
        model: A loaded classifier.
        samples: Gives the sample of image i after the pipeline.
        wanted: Pairs (image, category).

    Returns:
        A map (h, w) in [0, 1] for each pair, or None; see :func:`category_maps`.
    """
    found: list[Any] = []
    for image, category in wanted:
        inputs = [samples[image]['inputs']]
        feats = model.extract_feat(model.data_preprocessor(dict(inputs=inputs), False)['inputs'])
        maps = category_maps(model, feats)
        if maps is None:
            return [None] * len(wanted)
        values = maps[0, category].float().cpu().numpy()
        found.append((values - values.min()) / max(float(np.ptp(values)), 1e-12))
    return found


def thumbnail(path: str, heat: NDArray | None = None) -> str | None:
    """A picture as a data URI, of at most 200 pixels a side.

    Args:
        path: Image file.
        heat: Map in [0, 1] to lay over it, (h, w).

    Returns:
        None where the file cannot be read: a page must not fail for one image.
    """
    try:
        pixels = original_image(path, SIDE)
    except (OSError, ValueError):
        return None
    if heat is not None:
        pixels = _overlay(pixels, heat)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'JPEG', quality=_QUALITY, optimize=True)
    return f'data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}'


def _overlay(pixels: NDArray, heat: NDArray) -> NDArray:
    height, width = pixels.shape[:2]
    small = Image.fromarray((255 * heat).astype(np.uint8))
    large = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC)) / 255
    colour = matplotlib.colormaps['inferno'](large)[..., :3] * 255
    strength = (0.1 + 0.6 * large)[..., None]
    grey = pixels.mean(2, keepdims=True)
    return ((1 - strength) * grey + strength * colour).clip(0, 255).astype(np.uint8)
