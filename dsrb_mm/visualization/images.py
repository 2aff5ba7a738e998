"""Images of a data set as RGB arrays, before or after its pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmcv.image import bgr2rgb
from PIL import Image

from dsrb_mm.datasets.image_decoding import decode_image


def original_image(path: str, longest: int | None = None) -> np.ndarray:
    """Read an image file, as training does.

    Args:
        path: The file.
        longest: The longer side is reduced to so many pixels, if it has more.

    Shape:
        -> (H, W, 3) uint8.
    """
    rgb = Image.fromarray(bgr2rgb(decode_image(Path(path).read_bytes(), path)))
    if longest is not None:
        rgb.thumbnail((longest, longest))
    return np.asarray(rgb)


def transformed_image(sample: dict[str, Any], bgr: bool = True) -> np.ndarray:
    """The image in a sample that ``PackInputs`` packed.

    Args:
        sample: Holds ``inputs`` (3, H, W). Values that are not uint8 are spread over 0 to 255.
        bgr: Whether its channels are blue, green, red, as ``LoadImageFromFile`` gives them.

    Shape:
        -> (H, W, 3) uint8.

    Raises:
        ValueError: ``inputs`` is not an image of three channels.
    """
    inputs = sample.get('inputs')
    if not isinstance(inputs, torch.Tensor) or inputs.ndim != 3 or len(inputs) != 3:
        got = tuple(inputs.shape) if isinstance(inputs, torch.Tensor) else type(inputs)
        raise ValueError(f'expected the pipeline to end with inputs of (3, H, W), but got {got}')
    pixels = inputs.permute(1, 2, 0).numpy()
    if pixels.dtype != np.uint8:
        low, high = float(pixels.min()), float(pixels.max())
        pixels = ((pixels - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)
    return np.ascontiguousarray(pixels[..., ::-1] if bgr else pixels)
