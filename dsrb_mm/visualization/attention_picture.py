"""A picture of what the model saw: the image, its labels, and where each category was attended."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from dsrb_mm.visualization.figures import save_figure

_PANEL = 2.6  # inches
_LINE = 44  # characters of a title


@dataclass(frozen=True)
class CategoryPanel:
    """One predicted category of a picture.

    Attributes:
        name: Category name.
        score: Probability.
        truth: True label: 1 present, 0 absent, -1 unknown, None not given.
        attention: (H, W), any positive scale; None without an attention map.
    """

    name: str
    score: float
    truth: int | None = None
    attention: np.ndarray | None = None


_VERDICT: dict[int | None, tuple[str, str]] = {
    None: ('', 'black'),
    1: ('correct', 'tab:green'),
    0: ('wrong', 'tab:red'),
    -1: ('unknown', 'tab:gray'),
}


def draw_attention_picture(
    image: np.ndarray,
    panels: Sequence[CategoryPanel],
    path: str | Path,
    missed: Sequence[str] = (),
    title: str | None = None,
) -> None:
    """Write a row of panels: the image, then one panel a predicted category.

    Args:
        image: RGB, uint8.
        panels: Predicted categories; the attention is enlarged to the image and laid over it.
        path: Picture file; its folder must exist.
        missed: Names of present categories that were not predicted.
        title: Text above the image, in place of what was missed; for images without known truth.

    Shape:
        image (H, W, 3).
    """
    figure = Figure(figsize=(_PANEL * (len(panels) + 1), _PANEL + 0.5), layout='constrained')
    axes = figure.subplots(1, len(panels) + 1, squeeze=False)[0]
    axes[0].imshow(image)
    if title is None:
        nothing = 'nothing missed' if panels else 'nothing'
        title = 'missed: ' + ', '.join(missed) if missed else nothing
    # Not matplotlib's wrap=True, which reads $x$ as mathematics whatever it is told.
    lines = [line for part in title.split('\n') for line in textwrap.wrap(part, _LINE)]
    axes[0].set_title('\n'.join(lines), fontsize=9)
    for axis, panel in zip(axes[1:], panels, strict=True):
        axis.imshow(image)
        if panel.attention is not None:
            axis.imshow(_enlarge(panel.attention, image.shape), cmap='inferno', alpha=0.55)
        verdict, colour = _VERDICT[panel.truth]
        axis.set_title(f'{panel.name} {panel.score:.2f}\n{verdict}', fontsize=9, color=colour)
    for axis in axes:
        axis.set_axis_off()
    save_figure(figure, path, dpi=100)


def _enlarge(attention: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Bicubic enlargement of an attention map to the image's size, scaled to [0, 1]."""
    scaled = attention / max(float(attention.max()), 1e-12)
    return np.asarray(
        Image.fromarray(scaled.astype(np.float32)).resize(
            (shape[1], shape[0]), Image.Resampling.BICUBIC
        )
    ).clip(0, 1)
