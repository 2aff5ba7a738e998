"""Compose one scene: background, objects and distractors that cover each other, lighting."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from demo.scenes.artwork import jitter_colour, render_glyph, transform
from demo.scenes.backgrounds import draw_background, random_colour, to_mask, value_noise
from demo.scenes.catalog import CATEGORIES, DISTRACTOR_GLYPHS
from demo.scenes.sampler import draw_categories, draw_instance_count

MIN_VISIBLE = 0.4
_MIN_AREA = 0.005  # of the image, below which at least 3/4 of an object stays visible
_SCALES = (0.12, 0.45)
_ATTEMPTS = 8
_OPAQUE = 127


class SceneObject(NamedTuple):
    """What is visible of one object.

    Args:
        category: Index into `catalog.CATEGORIES`.
        bbox: Visible box as (x, y, width, height) in pixels.
        area: Number of visible pixels.
    """

    category: int
    bbox: tuple[int, int, int, int]
    area: int


class Scene(NamedTuple):
    """A composed image and what it shows.

    Args:
        image: RGB image.
        objects: Its objects, each visible to at least `MIN_VISIBLE`.
    """

    image: Image.Image
    objects: list[SceneObject]


def compose_scene(size: int, rng: np.random.Generator) -> Scene:
    """Compose a random scene.

    Args:
        size: Side of the square image in pixels.
        rng: Source of randomness; the scene depends on nothing else.

    Returns:
        The image and its visible objects.
    """
    canvas = _Canvas(draw_background(size, rng))
    # -1 stands for a distractor glyph, -2 for an abstract shape.
    plan = [c for c in draw_categories(rng) for _ in range(draw_instance_count(rng))]
    plan += [-1] * int(rng.integers(0, 4)) + [-2] * int(rng.integers(0, 4))
    for item in rng.permutation(plan).tolist():
        art = _draw_shape(size, rng) if item == -2 else _draw_glyph(item, size, rng)
        canvas.place(art, item, rng)
    return Scene(_light(canvas.image, rng), canvas.visible_objects())


class _Canvas:
    """An image that remembers which object owns each pixel."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self._owner = np.zeros((image.height, image.width), np.uint8)
        # Index 0 is the background; `needed` is the number of pixels that have to stay visible.
        self._visible = np.zeros(256, np.int64)
        self._needed = np.zeros(256, np.int64)
        self._categories = [-1]

    def place(self, art: Image.Image, category: int, rng: np.random.Generator) -> bool:
        """Paste artwork at a random position that hides no object too much, itself included.

        Args:
            art: RGBA image.
            category: Index of its category, negative for a distractor.
            rng: Source of randomness.

        Returns:
            Whether such a position was found; otherwise nothing is pasted.
        """
        mask = np.asarray(art.getchannel('A')) > _OPAQUE
        needed = self._required_pixels(int(mask.sum())) if category >= 0 else 0
        for _ in range(_ATTEMPTS):
            # The centre may be anywhere, so objects are cut by the border as well.
            left = int(rng.integers(self.image.width)) - art.width // 2
            top = int(rng.integers(self.image.height)) - art.height // 2
            inside = mask[max(0, -top) : self.image.height - top]
            inside = inside[:, max(0, -left) : self.image.width - left]
            rows = slice(max(0, top), max(0, top) + inside.shape[0])
            columns = slice(max(0, left), max(0, left) + inside.shape[1])
            hidden = np.bincount(self._owner[rows, columns][inside], minlength=256)
            pixels = int(hidden.sum())
            if pixels < max(needed, 1) or np.any((self._visible - hidden)[1:] < self._needed[1:]):
                continue
            number = len(self._categories)
            self._visible -= hidden
            self._visible[number], self._needed[number] = pixels, needed
            self._categories.append(category)
            self._owner[rows, columns][inside] = number
            self.image.paste(jitter_colour(art, rng), (left, top), art.getchannel('A'))
            return True
        return False

    def _required_pixels(self, total: int) -> int:
        # A share of a small object is too little to tell what it is: more of it has to be seen.
        small = min(0.75 * total, _MIN_AREA * self._owner.size)
        return int(np.ceil(max(MIN_VISIBLE * total, small)))

    def visible_objects(self) -> list[SceneObject]:
        """The placed objects, without distractors, in the order of placement.

        Returns:
            One entry per object.
        """
        objects = []
        for number, category in enumerate(self._categories):
            if category < 0:
                continue
            shown = self._owner == number
            columns, rows = np.flatnonzero(shown.any(axis=0)), np.flatnonzero(shown.any(axis=1))
            x, y = int(columns[0]), int(rows[0])
            bbox = (x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1)
            objects.append(SceneObject(category, bbox, int(np.count_nonzero(shown))))
        return objects


def _draw_glyph(category: int, size: int, rng: np.random.Generator) -> Image.Image:
    glyphs = CATEGORIES[category].glyphs if category >= 0 else DISTRACTOR_GLYPHS
    glyph = glyphs[int(rng.integers(len(glyphs)))]
    # Drawn at least as large as it can appear, so it is only ever scaled down.
    art = render_glyph(glyph, round(0.6 * size))
    # Log-uniform in the mean side: thin things such as a skateboard stay recognisable.
    scale = np.exp(rng.uniform(*np.log(_SCALES))) * np.sqrt(max(art.size) / min(art.size))
    return transform(art, max(4, round(size * min(scale, _SCALES[1]))), rng)


def _draw_shape(size: int, rng: np.random.Generator) -> Image.Image:
    """An ellipse, box or polygon, half of them with the black outline of the artwork."""
    side = max(6, round(size * rng.uniform(0.06, 0.3)))
    line = max(1, side // 16)
    fill = random_colour(rng)
    edge = (0, 0, 0) if rng.random() < 0.5 else fill
    art = Image.new('RGBA', (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(art)
    kind = int(rng.integers(3))
    end = (side - 1, int(rng.integers(side // 3, side)))
    if kind == 0:
        draw.ellipse(((0, 0), end), fill, edge, line)
    elif kind == 1:
        draw.rectangle(((0, 0), end), fill, edge, line)
    else:
        corners = rng.integers(0, side, (int(rng.integers(3, 7)), 2)).tolist()
        draw.polygon([(x, y) for x, y in corners], fill, edge, line)
    return art.rotate(float(rng.uniform(0, 180)), Image.Resampling.BILINEAR, expand=True)


def _light(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A shadow, glare or tint of uneven strength, and the grain of a sensor."""
    size = image.width
    veil = ((0, 0, 0), (255, 255, 255), random_colour(rng))[int(rng.choice(3, p=(0.6, 0.2, 0.2)))]
    image.paste(veil, mask=to_mask(value_noise(size, rng) * np.float32(rng.uniform(0.0, 0.7))))
    noise = rng.standard_normal((size, size), np.float32) * np.float32(rng.uniform(2.0, 12.0))
    grain = Image.fromarray(np.clip(noise + 128, 0, 255).astype(np.uint8))
    return ImageChops.add(image, Image.merge('RGB', (grain, grain, grain)), offset=-128)
