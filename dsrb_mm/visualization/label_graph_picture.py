"""The label graph as a heat map, and its strongest edges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dsrb_mm.models.layers import label_graph
from dsrb_mm.visualization.figures import save_figure

_CELL = 0.155  # inches a category: the least that 8-point names need


def strongest_edges(
    labels: NDArray, classes: Sequence[str], top: int = 20, min_positives: int = 10
) -> pd.DataFrame:
    """The pairs (i, j) with the largest share of j among the images of i.

    Args:
        labels: Training labels.
        classes: Category names.
        top: Edges at most.
        min_positives: Categories i with fewer known positives are passed over: their shares are
            chance.

    Returns:
        Columns category, other, share (A[i, j]), together (images with both), positives (images
        of i), lift (share over the share of j among all images). Pairs never seen together are
        left out.

    Shape:
        labels (N, C) in {1, 0, -1}.
    """
    weights = label_graph(labels)
    positives = (labels == 1).sum(0)
    weights[positives < min_positives] = 0
    np.fill_diagonal(weights, 0)
    order = np.argsort(-weights, axis=None, kind='stable')[:top]
    rows, columns = np.unravel_index(order[weights.flat[order] > 0], weights.shape)
    share = weights[rows, columns].astype(np.float64)
    return pd.DataFrame(
        {
            'category': np.asarray(classes, object)[rows],
            'other': np.asarray(classes, object)[columns],
            'share': share,
            'together': np.rint(share * positives[rows]).astype(int),
            'positives': positives[rows],
            'lift': share * len(labels) / positives[columns],
        }
    )


def similar_order(weights: NDArray) -> NDArray:
    """An order in which categories that occur together stand together.

    That of the second eigenvector of the normalised graph Laplacian (Fiedler vector).

    Shape:
        (C, C) -> (C,) indices.
    """
    # The geometric mean of both directions: a pair seen once ties a rare category to nothing.
    both = np.sqrt(np.asarray(weights, np.float64) * np.asarray(weights, np.float64).T)
    np.fill_diagonal(both, 0)
    # A weak tie of all to all keeps categories without any edge from falling apart.
    both += 1e-3 * max(both.max(), 1e-12)
    scale = 1 / np.sqrt(both.sum(1))
    _, vectors = np.linalg.eigh(np.eye(len(both)) - scale[:, None] * both * scale)
    second = vectors[:, 1] * scale if len(both) > 1 else np.zeros(1)
    # The sign of an eigenvector is arbitrary; the same data gives the same picture.
    return np.argsort(second * (np.sign(second[np.abs(second).argmax()]) or 1), kind='stable')


def draw_label_graph(
    weights: NDArray, classes: Sequence[str], path: str | Path, title: str = ''
) -> None:
    """Write the graph as a heat map: row i, column j, share of j among the images of i.

    Args:
        weights: The graph; its diagonal, always 1 or 0, is left grey.
        classes: Category names, in the order of the rows.
        path: Picture file; its folder is made.
        title: Shown above.

    Shape:
        weights (C, C).
    """
    side = max(3.5, _CELL * len(classes))
    figure = Figure(figsize=(side + 2.3, side + 1.6), layout='constrained')
    axis = figure.subplots()
    shown = np.array(weights, np.float64)
    np.fill_diagonal(shown, np.nan)
    colours = colormaps['magma_r'].with_extremes(bad='lightgray')
    # A few near-certain pairs must not leave all others white.
    highest = np.nanpercentile(shown, 99.5) if len(classes) > 1 else 1
    image = axis.imshow(shown, cmap=colours, vmin=0, vmax=max(highest, 1e-6))
    size = 8 if len(classes) > 40 else 9
    ticks = range(len(classes))
    axis.set_xticks(ticks, classes, rotation=90, fontsize=size, parse_math=False)
    axis.set_yticks(ticks, classes, fontsize=size, parse_math=False)
    axis.set_xticks(np.arange(len(classes) - 1) + 0.5, minor=True)
    axis.set_yticks(np.arange(len(classes) - 1) + 0.5, minor=True)
    axis.grid(which='minor', color='white', linewidth=0.4)
    axis.tick_params(length=0, which='both')
    axis.set_title(title, fontsize=10)
    axis.set_ylabel('of the images with ...', fontsize=10)
    axis.set_xlabel('... this share has ... as well', fontsize=10)
    bar: dict[str, Any] = dict(shrink=min(1.0, 4 / side), aspect=20, pad=0.01, anchor=(0.0, 1.0))
    figure.colorbar(image, ax=axis, fraction=0.05, extend='max', label='share', **bar)
    save_figure(figure, path, dpi=100, bbox_inches='tight', pad_inches=0.1)
