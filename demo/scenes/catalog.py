"""What can appear in a scene: themes, their categories with glyph variants, and distractors.

The order of the themes and of the categories within them fixes the category ids, so entries are
only ever appended (and `writer.GENERATOR_VERSION` raised).
"""

from __future__ import annotations

from typing import NamedTuple


class Category(NamedTuple):
    """An everyday object.

    Args:
        name: Natural name, unique, good as input of a sentence encoder.
        glyphs: Emoji characters that show it, one of which is drawn per instance.
    """

    name: str
    glyphs: str


class Theme(NamedTuple):
    """Categories that tend to appear together.

    Args:
        name: Name of the theme, written as the COCO supercategory.
        weight: Relative frequency of the theme as the main theme of a scene.
        neighbour: Name of the theme whose categories most often join this one.
        categories: From frequent to rare: the rank decides the long tail within the theme.
    """

    name: str
    weight: float
    neighbour: str
    categories: tuple[Category, ...]


THEMES: tuple[Theme, ...] = (
    Theme(
        'street',
        0.20,
        'sky',
        (
            Category('car', '🚗🚙🚕🏎'),
            Category('bicycle', '🚲'),
            Category('bus', '🚌🚎🚍'),
            Category('traffic light', '🚦🚥'),
            Category('truck', '🚛🛻🚒'),
            Category('motorcycle', '🏍🛵'),
        ),
    ),
    Theme(
        'home',
        0.16,
        'kitchen',
        (
            Category('dog', '🐶🐕🐩🦮'),
            Category('cat', '🐱🐈😺'),
            Category('couch', '🛋'),
            Category('television', '📺'),
            Category('bed', '🛏🛌'),
            Category('teddy bear', '🧸'),
        ),
    ),
    Theme(
        'kitchen',
        0.14,
        'home',
        (
            Category('pizza', '🍕'),
            Category('cup of coffee', '☕'),
            Category('cake', '🎂🍰🧁'),
            Category('wine glass', '🍷🥂'),
            Category('hamburger', '🍔'),
            Category('bread', '🍞🥖'),
        ),
    ),
    Theme(
        'garden',
        0.12,
        'farm',
        (
            Category('tree', '🌳🌲🌴'),
            Category('flower', '🌷🌹🌻🌼'),
            Category('butterfly', '🦋'),
            Category('bee', '🐝'),
            Category('mushroom', '🍄'),
        ),
    ),
    Theme(
        'farm',
        0.10,
        'garden',
        (
            Category('cow', '🐄🐮'),
            Category('horse', '🐎🐴'),
            Category('chicken', '🐔🐓'),
            Category('pig', '🐖🐷'),
            Category('tractor', '🚜'),
        ),
    ),
    Theme(
        'sea',
        0.08,
        'sky',
        (
            Category('fish', '🐟🐠🐡'),
            Category('sailboat', '⛵'),
            Category('whale', '🐋🐳'),
            Category('crab', '🦀'),
            Category('octopus', '🐙'),
        ),
    ),
    Theme(
        'sky',
        0.07,
        'sea',
        (
            Category('bird', '🐦🕊🦅'),
            Category('airplane', '✈🛩🛫'),
            Category('cloud', '☁🌧🌩'),
            Category('moon', '🌙🌛'),
            Category('helicopter', '🚁'),
        ),
    ),
    Theme(
        'office',
        0.07,
        'home',
        (
            Category('book', '📕📘📖📚'),
            Category('laptop', '💻'),
            Category('chair', '🪑'),
            Category('clock', '⏰🕰🕒'),
            Category('scissors', '✂'),
        ),
    ),
    Theme(
        'sport',
        0.06,
        'street',
        (
            Category('soccer ball', '⚽'),
            Category('basketball', '🏀'),
            Category('tennis ball', '🎾'),
            Category('skateboard', '🛹'),
            Category('trophy', '🏆'),
        ),
    ),
)

CATEGORIES: tuple[Category, ...] = tuple(c for theme in THEMES for c in theme.categories)

SCENE_CATEGORIES: tuple[str, ...] = tuple(category.name for category in CATEGORIES)

# Glyphs of no category: near misses on purpose (other animals, food, tools), never look-alikes.
DISTRACTOR_GLYPHS: str = '🔑🎲🎁💎⚙🔔🧲🧩🐘🐸🦒🐢🍇🥕🌽🎩👟👓🎒🧦🔨🎺🥁⚓🔥🎯🚀🧵🍦🦎🐍🧯'
