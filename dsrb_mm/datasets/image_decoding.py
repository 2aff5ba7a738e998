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
# What its files are called, in lower case.
IMAGE_SUFFIXES = tuple(
    sorted(end for end, kind in Image.registered_extensions().items() if kind in FORMATS)
)
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
                return _pixels(image)
    except Exception as error:  # decoders raise what they like, from OSError to SyntaxError
        raise _unreadable(source, error) from error


def convert_image(image: Image.Image, source: str) -> np.ndarray:
    """The pixels of an image of Pillow, as :func:`decode_image` gives those of a file.

    Any colour mode becomes colour in the same way, and the EXIF orientation is applied.

    Args:
        image: Opened or made by Pillow; of an animation the frame that is chosen.
        source: What to call it in messages.

    Shape:
        -> (H, W, 3) uint8, in BGR.

    Raises:
        UnreadableImageError: Its file is truncated or damaged, it has no pixels, or these are of
            an unknown range.

    Example:
        >>> convert_image(Image.new('L', (4, 3), 7), 'a').shape
        (3, 4, 3)
    """
    try:
        if not image.width or not image.height:
            raise ValueError(f'{image.width} x {image.height} pixels')
        return _pixels(image)
    except Exception as error:  # an image that is opened is decoded only here
        raise _unreadable(source, error) from error


def _pixels(image: Image.Image) -> np.ndarray:
    image.load()
    return rgb2bgr(np.asarray(_to_rgb(_upright(image))))


def _unreadable(source: str | Path, error: Exception) -> UnreadableImageError:
    text = str(error).split(' <_io.BytesIO')[0] or type(error).__name__
    return UnreadableImageError(f'expected {source} to be a readable image, but got: {text}')


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
        # 32 bits per pixel may hold 8 of them, and 16 shifted down would be black.
        eight = image.mode == 'I' and pixels.max(initial=0) <= 0xFF
        image = Image.fromarray((pixels if eight else pixels >> 8).astype(np.uint8))
    if image.mode == 'La':  # Pillow converts it to nothing else
        image = image.convert('LA')
    return image.convert('RGB')
