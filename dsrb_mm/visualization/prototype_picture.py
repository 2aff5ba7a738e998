"""A picture of a category's four location prototypes, by the images nearest to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle

from dsrb_mm.visualization.figures import save_figure

QUADRANTS = ('top left', 'top right', 'bottom left', 'bottom right')
_THUMBNAIL = 1.5  # inches


@dataclass(frozen=True)
class PrototypePanel:
    """One location prototype of a category.

    Attributes:
        count: Images that the prototype is the mean of (in the pass that made it).
        members: Known positives that are seen in this quadrant, without augmentation.
        images: The nearest of them, RGB uint8 (H, W, 3).
        similarities: Their cosine with the prototype.
    """

    count: int
    members: int
    images: Sequence[np.ndarray]
    similarities: Sequence[float]


def draw_prototype_picture(
    name: str, panels: Sequence[PrototypePanel], path: str | Path, columns: int = 4
) -> None:
    """Write the four quadrants 2 x 2, each a row of its nearest images with the quadrant marked.

    Args:
        name: Category name.
        panels: Top left, top right, bottom left, bottom right.
        path: Picture file; its folder is made.
        columns: Images in a quadrant's row.

    Raises:
        ValueError: Not four panels.
    """
    if len(panels) != len(QUADRANTS):
        raise ValueError(f'expected a panel for each of {QUADRANTS}, but got {len(panels)}')
    size = (2 * (columns * _THUMBNAIL + 0.2), 2 * (_THUMBNAIL + 0.5) + 0.4)
    figure = Figure(figsize=(max(size[0], 5), size[1]), layout='constrained')
    total = sum(panel.count for panel in panels)
    heading = f'{name}: prototypes of {total} images' if total else f'{name}: no prototypes'
    figure.suptitle(heading, fontsize=12, fontweight='bold', parse_math=False)
    blocks = np.asarray(figure.subfigures(2, 2, wspace=0.03, hspace=0.03), object).ravel()
    for quadrant, (block, panel) in enumerate(zip(blocks, panels, strict=True)):
        _draw_block(block, quadrant, panel, columns, total)
    save_figure(figure, path, dpi=100)


def _draw_block(
    block: SubFigure, quadrant: int, panel: PrototypePanel, columns: int, total: int
) -> None:
    block.set_facecolor('whitesmoke')
    source = f'mean of {panel.count}' if panel.count else 'empty: mean of the category'
    members = f'{panel.members} seen here without augmentation'
    text = f'{QUADRANTS[quadrant]}: {source if total else "none"}; {members}'
    block.suptitle(text, fontsize=9)
    axes = block.subplots(1, columns, squeeze=False)[0]
    for axis in axes:
        axis.set_axis_off()
    if not len(panel.images):
        axes[0].text(0, 0.5, 'no image', color='gray', transform=axes[0].transAxes)
    for axis, image, similarity in zip(axes, panel.images, panel.similarities, strict=False):
        axis.imshow(image)
        axis.set_title(f'{similarity:.2f}', fontsize=8, pad=2)
        _mark(axis, quadrant, image.shape)


def _mark(axis: Axes, quadrant: int, shape: tuple[int, ...]) -> None:
    """Outline the quadrant in the image."""
    height, width = shape[:2]
    corner = (quadrant % 2 * width / 2 - 0.5, quadrant // 2 * height / 2 - 0.5)
    for thickness, colour in ((2.5, 'white'), (1.2, 'tab:red')):
        outline = Rectangle(corner, width / 2, height / 2, fill=False, linewidth=thickness)
        outline.set_edgecolor(colour)
        axis.add_patch(outline)
