"""A picture of a sample as training sees it: the image, and what is known of its labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dsrb_mm.visualization.figures import save_figure

_KINDS = ((1, 'present', 'tab:green'), (0, 'absent', 'tab:red'), (-1, 'unknown', 'dimgray'))
_WIDTH, _HEIGHT, _COLUMN = 4.0, 4.0, 1.7  # inches
_LINE = 0.062  # of the height
_LONGEST = 20  # letters of a name


def draw_label_picture(
    image: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    path: str | Path,
    title: str = '',
    max_names: int = 13,
    original: np.ndarray | None = None,
) -> None:
    """Write the image and beside it its present, absent and unknown categories.

    Args:
        image: RGB, uint8.
        labels: Labels of the image.
        classes: Category names.
        path: Picture file; its folder is made.
        title: Shown above the image.
        max_names: Names in a list; of a longer one the first, and how many more there are.
        original: The image before the pipeline, shown first; None leaves it out.

    Shape:
        image, original (H, W, 3), labels (C,) in {1, 0, -1}.

    Raises:
        ValueError: As many labels as names are needed, and ``max_names`` of 1 at least.
    """
    if len(labels) != len(classes) or max_names < 1:
        raise ValueError(
            f'expected {len(classes)} labels, one a class, and max_names of 1 or more, but got '
            f'{len(labels)} and {max_names}'
        )
    shown = [(title, image)] if original is None else [(title, original), ('as trained on', image)]
    ratios = [*[_WIDTH] * len(shown), *[_COLUMN] * len(_KINDS)]
    figure = Figure(figsize=(sum(ratios), _HEIGHT), layout='constrained')
    axes = figure.subplots(1, len(ratios), width_ratios=ratios)
    for axis, (heading, pixels) in zip(axes, shown, strict=False):
        axis.imshow(pixels)
        axis.set_title(heading, fontsize=9)
    for axis, (value, kind, colour) in zip(axes[len(shown) :], _KINDS, strict=True):
        names = [classes[c] for c in np.flatnonzero(np.asarray(labels) == value).tolist()]
        _write_list(axis, f'{kind} ({len(names)})', shorten(names, max_names), colour)
    for axis in axes:
        axis.set_axis_off()
    save_figure(figure, path, dpi=100)


def shorten(names: Sequence[str], limit: int) -> list[str]:
    """The first names of a list and how many more there are; long names end in an ellipsis."""
    shown = [
        name if len(name) <= _LONGEST else f'{name[: _LONGEST - 1]}…' for name in names[:limit]
    ]
    more = len(names) - len(shown)
    return [*shown, f'and {more} more'] if more else shown


def _write_list(axis: Axes, heading: str, lines: Sequence[str], colour: str) -> None:
    common: dict[str, Any] = dict(
        color=colour, transform=axis.transAxes, va='baseline', parse_math=False
    )
    axis.text(0, 0.97, heading, fontsize=10, fontweight='bold', **common)
    step = min(_LINE, 0.89 / max(len(lines), 1))
    for number, line in enumerate(lines):
        style = 'italic' if line.startswith('and ') and number == len(lines) - 1 else 'normal'
        axis.text(0, 0.89 - step * number, line, fontsize=9, fontstyle=style, **common)
