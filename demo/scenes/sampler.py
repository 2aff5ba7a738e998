"""Which categories a scene shows: a long tail within themes, themes that join, and guests."""

from __future__ import annotations

import numpy as np

from demo.scenes.catalog import CATEGORIES, THEMES

# Chances of a scene to show 2, 3, 4 or 5 categories, and of a category to appear 1, 2 or 3 times.
_CATEGORY_COUNTS = ((2, 3, 4, 5), (0.27, 0.33, 0.25, 0.15))
_INSTANCE_COUNTS = ((1, 2, 3), (0.65, 0.25, 0.10))
_MAIN_SHARE, _NEIGHBOUR_SHARE = 0.72, 0.16  # the rest are guests
_RANK_EXPONENT = 1.1  # weight of the r-th category of a theme: r ** -1.1


def draw_categories(rng: np.random.Generator) -> list[int]:
    """Draw the distinct categories of one scene.

    Each comes from the scene's main theme, from that theme's neighbour or, as a guest, from
    anywhere, so co-occurrence says much about a category but does not decide it.

    Args:
        rng: Source of randomness.

    Returns:
        Indices into `catalog.CATEGORIES`.
    """
    count = int(rng.choice(_CATEGORY_COUNTS[0], p=_CATEGORY_COUNTS[1]))
    main = int(rng.choice(len(THEMES), p=_THEME_SHARES))
    chosen: list[int] = []
    while len(chosen) < count:
        source = rng.random()
        if source < _MAIN_SHARE:
            index = _from_theme(main, rng)
        elif source < _MAIN_SHARE + _NEIGHBOUR_SHARE:
            index = _from_theme(_NEIGHBOURS[main], rng)
        else:
            index = int(rng.integers(len(CATEGORIES)))
        if index not in chosen:
            chosen.append(index)
    return chosen


def draw_instance_count(rng: np.random.Generator) -> int:
    """Draw how often a category of the scene appears in it.

    Args:
        rng: Source of randomness.

    Returns:
        A number from 1 to 3.
    """
    return int(rng.choice(_INSTANCE_COUNTS[0], p=_INSTANCE_COUNTS[1]))


def _from_theme(theme: int, rng: np.random.Generator) -> int:
    shares = _RANK_SHARES[theme]
    return _FIRST_INDEX[theme] + int(rng.choice(len(shares), p=shares))


def _rank_shares(count: int) -> np.ndarray:
    weights = np.arange(1, count + 1, dtype=np.float64) ** -_RANK_EXPONENT
    return weights / weights.sum()


_THEME_NAMES = [theme.name for theme in THEMES]
_NEIGHBOURS = [_THEME_NAMES.index(theme.neighbour) for theme in THEMES]
_THEME_SHARES = np.array([theme.weight for theme in THEMES])
_THEME_SHARES /= _THEME_SHARES.sum()
_RANK_SHARES = [_rank_shares(len(theme.categories)) for theme in THEMES]
_FIRST_INDEX = np.cumsum([0] + [len(theme.categories) for theme in THEMES])[:-1].tolist()
