"""Curves as SVG text to be put into a page; no name of the data goes into them."""

from __future__ import annotations

import io
from typing import Any

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_BLUE, _ORANGE, _GREY = '#2563a8', '#d9822b', '#9aa4b0'
_STYLE: dict[str, Any] = {
    'svg.fonttype': 'none',
    'font.family': 'sans-serif',
    'font.size': 9,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'axes.edgecolor': _GREY,
    'axes.labelcolor': '#444c56',
    'xtick.color': '#444c56',
    'ytick.color': '#444c56',
}


def draw_curves(
    precision_recall: dict[str, list[float]] | None,
    reliability: dict[str, list],
    before: dict[str, list] | None = None,
    salt: str = '',
    size: float = 2.6,
) -> Markup:
    """Draw precision over recall, and observed shares over probabilities.

    Args:
        precision_recall: Lists ``precision`` and ``recall``; None leaves the left plot empty.
        reliability: Lists ``predicted``, ``observed`` and ``count``.
        before: The same without calibration.
        salt: Makes the identifiers within the SVG different from those of others on the page.
        size: Height of a plot in inches.

    Returns:
        An ``<svg>`` element.
    """
    settings: Any = {**_STYLE, 'svg.hashsalt': f'report {salt}'}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(2.3 * size, size), layout='constrained')
        left, right = figure.subplots(1, 2)
        _unit_square(left, 'recall', 'precision')
        if precision_recall is not None:
            left.plot(
                precision_recall['recall'], precision_recall['precision'], color=_BLUE, lw=1.8
            )
        else:
            left.text(0.5, 0.5, 'no known positive', ha='center', va='center', color=_GREY)
        _unit_square(right, 'probability', 'share present')
        right.plot([0, 1], [0, 1], color=_GREY, lw=1, ls=':')
        if before is not None:
            _points(right, before, _ORANGE, 'uncalibrated')
        _points(right, reliability, _BLUE, 'calibrated' if before is not None else 'shown')
        if before is not None:
            # Above the plot: inside it stands on the curves.
            place = dict(loc='lower right', bbox_to_anchor=(1, 1), ncols=2, borderpad=0)
            right.legend(frameon=False, handlelength=1.2, columnspacing=1, **place)
        return _to_svg(figure)


def _unit_square(axes: Axes, x: str, y: str) -> None:
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x, ylabel=y)
    axes.set_xticks([0, 0.5, 1])
    axes.set_yticks([0, 0.5, 1])


def _points(axes: Axes, curve: dict[str, Any], color: str, label: str) -> None:
    largest = max([1, *curve['count']])
    area = [8 + 60 * count / largest for count in curve['count']]
    axes.plot(curve['predicted'], curve['observed'], color=color, lw=1.4, label=label)
    axes.scatter(curve['predicted'], curve['observed'], s=area, color=color, alpha=0.55, lw=0)


def _to_svg(figure: Figure) -> Markup:
    file = io.StringIO()
    # Without a date the same figures give the same page.
    figure.savefig(
        file,
        format='svg',
        metadata=dict.fromkeys(('Date', 'Creator', 'Format', 'Type')),
        transparent=True,
    )
    text = file.getvalue()
    return Markup(text[text.index('<svg') :])
