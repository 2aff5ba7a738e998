"""The page of a report: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path
from typing import Any
from unicodedata import category

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dsrb_mm.report.plots import draw_curves

_TEMPLATES = Path(__file__).resolve().parents[1] / 'assets' / 'report'
SHOWN = 80  # characters of a name on the page; metrics.json has all of them
PLOTTED = 100  # categories with plots of their own
_BREAKS = ('Cc', 'Zl', 'Zp')  # Unicode's control characters and separators of lines
_DIRECTIONS = re.compile('[\u202a-\u202e\u2066-\u2069]')  # would turn the text behind them


def render_page(
    figures: dict[str, Any], pictures: dict[str, list[dict[str, Any]]], title: str
) -> str:
    """Render figures as HTML.

    Names of categories and files are untrusted text: everything is escaped, shortened and kept
    to its own direction of writing, and the page's policy allows no script but its own and no
    network.

    Args:
        figures: Result of :func:`build_figures`.
        pictures: For ``predicted`` and ``missed``, for each mistake ``image`` and ``heat``, data
            URIs or None.
        title: Heading of the page.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(name=short_name, percent=_percent, place=_place, file=_file)
    script = (_TEMPLATES / 'report.js').read_text(encoding='utf-8')
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    curves = figures['curves']
    calibrated = figures['decisions'] != '0.5'
    plotted = sorted(
        (c for c in figures['categories'] if c['present']), key=lambda c: -c['present']
    )[:PLOTTED]
    return environment.get_template('report.html').render(
        **figures,
        title=title,
        pictures=pictures,
        style=Markup((_TEMPLATES / 'report.css').read_text(encoding='utf-8')),
        script=Markup(script),
        script_digest=digest,
        plot=draw_curves(
            curves['precision_recall'],
            curves['reliability'],
            curves['reliability_uncalibrated'] if calibrated else None,
            'all',
            2.2,
        ),
        plots=[
            (c, draw_curves(**c['curves'], salt=str(place), size=1.9))
            for place, c in enumerate(plotted)
        ],
    )


def short_name(text: Any, shown: int = SHOWN) -> Markup:
    """A name for display: shortened, in one line, in its own direction."""
    visible = _DIRECTIONS.sub('', str(text))
    visible = ''.join(' ' if category(c) in _BREAKS else c for c in visible)
    if len(visible) > shown:
        visible = f'{visible[: shown - 1]}…'
    return Markup('<bdi>{}</bdi>').format(visible.encode(errors='replace').decode())


def _file(path: str) -> Markup:
    return short_name(os.path.basename(path) or path, 40)


def _percent(value: float | None, digits: int = 1) -> str:
    return '–' if value is None else f'{100 * value:.{digits}f}'


def _place(value: float | None) -> str:
    """A threshold or score."""
    if value is None:
        return '–'
    return 'never' if value > 1 else f'{value:.2f}' if value >= 0.0995 else f'{value:.3f}'
