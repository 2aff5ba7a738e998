"""Image files to arrays, one way for training, inference and checks of data."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from mmcv.image import rgb2bgr
from PIL import Image, ImageOps

# What Pillow decodes by itself; it hands PostScript, say, to another program.
FORMATS = ('BMP', 'GIF', 'JPEG', 'JPEG2000', 'PNG', 'PPM', 'TIFF', 'WEBP')
MAX_PIXELS = 100_000_000  # 300 MB decoded
_ORIENTATION = 0x0112  # EXIF tag


class UnreadableImageError(ValueError):
    """A file that is there and cannot be decoded."""


def decode_image(
    content: bytes, source: str | Path, max_pixels: int | None = MAX_PIXELS
) -> np.ndarray:
    """Decode an image file of any colour mode; all of it, or an error.

    The content decides on the format, not the name. EXIF orientation is applied. Grey, palette and
    CMYK become colour, 16 bits become 8 (the upper ones), an alpha channel is dropped, of an
    animation the first frame is taken.

    Args:
        content: The file's bytes.
        source: Its name, for messages.
        max_pixels: Images of more pixels are refused from their header, before they take memory;
            None takes all.

    Shape:
        -> (H, W, 3) uint8, in BGR.

    Raises:
        UnreadableImageError: Empty, truncated or damaged, too large, or of no known format.
    """
    if not content:
        raise UnreadableImageError(f'expected {source} to be a readable image, but got 0 bytes')
    try:
        with warnings.catch_warnings(), _only_our_limit(max_pixels), io.BytesIO(content) as file:
            warnings.simplefilter('ignore')  # Pillow's own, lower, limit of pixels; odd metadata
            with Image.open(file, formats=FORMATS) as image:
                if max_pixels is not None and image.width * image.height > max_pixels:
                    size = f'{image.width} x {image.height}'
                    raise ValueError(f'{size} pixels, more than max_pixels = {max_pixels:,}')
                image.load()
                return rgb2bgr(np.asarray(_to_rgb(_upright(image))))
    except Exception as error:  # decoders raise what they like, from OSError to SyntaxError
        text = str(error).split(' <_io.BytesIO')[0] or type(error).__name__
        raise UnreadableImageError(
            f'expected {source} to be a readable image, but got: {text}'
        ) from error


@contextmanager
def _only_our_limit(max_pixels: int | None) -> Iterator[None]:
    """Lift Pillow's own limit where ours is none, or higher."""
    before = Image.MAX_IMAGE_PIXELS
    if before is None or (max_pixels is not None and max_pixels <= 2 * before):
        yield  # Pillow refuses from twice its limit on
        return
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _upright(image: Image.Image) -> Image.Image:
    try:
        turned = image.getexif().get(_ORIENTATION, 1) != 1
    except Exception:  # damaged metadata of a good image
        return image
    return ImageOps.exif_transpose(image) if turned else image


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == 'RGB':
        return image
    if image.mode == 'F':
        raise ValueError('floating-point pixels, whose range is unknown')
    if image.mode.startswith('I'):  # Pillow's conversion would cut 16 bits off at 255
        pixels = np.asarray(image)
        if pixels.min(initial=0) < 0 or pixels.max(initial=0) > 0xFFFF:
            raise ValueError('pixels of more than 16 bits')
        image = Image.fromarray((pixels >> 8).astype(np.uint8))
    return image.convert('RGB')
