"""Procedural backgrounds: two or three muted colours mixed by a random texture."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image

_Texture = Callable[[int, np.random.Generator], np.ndarray]


def draw_background(size: int, rng: np.random.Generator) -> Image.Image:
    """Draw a textured background.

    Args:
        size: Side of the square image in pixels.
        rng: Source of randomness.

    Returns:
        RGB image of `size` x `size`.
    """
    image = _solid(size, rng)
    texture = _TEXTURES[int(rng.integers(len(_TEXTURES)))](size, rng)
    image.paste(_solid(size, rng), mask=to_mask(texture))
    # The second texture is plain noise in every scene, so no background is perfectly clean.
    grain = value_noise(size, rng) * np.float32(rng.uniform(0.2, 0.6))
    image.paste(_solid(size, rng), mask=to_mask(grain))
    return image


def random_colour(rng: np.random.Generator) -> tuple[int, int, int]:
    """Draw a muted colour.

    Args:
        rng: Source of randomness.

    Returns:
        Red, green and blue in [0, 255].
    """
    hue, saturation, value = rng.random(), rng.uniform(0.0, 0.7), rng.uniform(0.25, 1.0)
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return int(255 * red), int(255 * green), int(255 * blue)


def value_noise(size: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise: random grids of growing resolution, enlarged and summed.

    Args:
        size: Side of the square texture in pixels.
        rng: Source of randomness.

    Returns:
        Array of shape (size, size), float32 in [0, 1].
    """
    weights = rng.dirichlet((2.0, 2.0, 1.5, 1.0)).tolist()
    noise = Image.new('F', (1, 1))
    # Each sum is enlarged only to the next grid: one resize to the full size instead of four.
    for cells, weight in zip((3, 7, 17, 47), weights, strict=True):
        below = noise.resize((cells, cells), Image.Resampling.BICUBIC)
        grid = rng.random((cells, cells), np.float32) * np.float32(weight)
        noise = Image.fromarray(np.asarray(below) + grid)
    noise = noise.resize((size, size), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(noise), 0.0, 1.0)


def to_mask(texture: np.ndarray) -> Image.Image:
    """Turn numbers into a mask to paste with.

    Args:
        texture: Array of shape (height, width), clipped to [0, 1].

    Returns:
        Image of mode L.
    """
    scaled = texture * np.float32(255.0)
    return Image.fromarray(np.clip(scaled, 0.0, 255.0).astype(np.uint8))


def _solid(size: int, rng: np.random.Generator) -> Image.Image:
    return Image.new('RGB', (size, size), random_colour(rng))


def _blobs(size: int, rng: np.random.Generator) -> np.ndarray:
    levels = int(rng.integers(2, 6))
    return np.floor(value_noise(size, rng) * levels) / np.float32(levels - 1) * np.float32(0.9)


def _gradient(size: int, rng: np.random.Generator) -> np.ndarray:
    along = _direction(size, rng)
    return (along - along.min()) / (along.max() - along.min())


def _disc(size: int, rng: np.random.Generator) -> np.ndarray:
    x, y = _grid(size)
    centre = rng.random(2).astype(np.float32)
    distance = np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2)
    return np.minimum(distance / np.float32(rng.uniform(0.4, 1.2)), np.float32(1.0))


def _stripes(size: int, rng: np.random.Generator) -> np.ndarray:
    phase = _direction(size, rng) * np.float32(rng.uniform(15.0, 110.0))
    wave = np.sin(phase + value_noise(size, rng) * np.float32(rng.uniform(0.0, 8.0)))
    if rng.random() < 0.5:
        return (wave > 0).astype(np.float32)
    return (wave + 1) / 2


def _checks(size: int, rng: np.random.Generator) -> np.ndarray:
    x, y = _grid(size)
    shift, count = rng.random(2), rng.uniform(3.0, 16.0)
    turn = rng.uniform(-0.8, 0.8)
    columns = np.floor((x + turn * y + shift[0]) * count)
    rows = np.floor((y - turn * x + shift[1]) * count)
    return ((columns + rows) % 2).astype(np.float32)


def _horizon(size: int, rng: np.random.Generator) -> np.ndarray:
    height = np.float32(rng.uniform(0.25, 0.75))
    ripple = (value_noise(size, rng) - np.float32(0.5)) * np.float32(rng.uniform(0.0, 0.3))
    ground = _grid(size)[1] + ripple > height
    return np.where(ground, np.float32(0.85), np.float32(0.1)) + ripple * np.float32(0.3)


def _direction(size: int, rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(0.0, np.pi)
    x, y = _grid(size)
    return x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))


@lru_cache(maxsize=4)
def _grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    line = np.arange(size, dtype=np.float32) / np.float32(size)
    x, y = np.meshgrid(line, line)
    return x, y


_TEXTURES: tuple[_Texture, ...] = (
    value_noise,
    _blobs,
    _gradient,
    _disc,
    _stripes,
    _checks,
    _horizon,
)
