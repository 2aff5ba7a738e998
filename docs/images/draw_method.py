"""Draws docs/images/method.svg from a config: `PYTHONPATH=. python docs/images/draw_method.py`."""

from __future__ import annotations

from html import escape
from pathlib import Path

from mmengine.config import Config

from dsrb_mm.datasets import PartialLabelDataset
from dsrb_mm.engine.hooks import CalibrationHook
from dsrb_mm.models.layers import CategoryClassifier, GatedGraphNetwork

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / 'configs' / 'dsrb_csv.py'
TARGET = Path(__file__).with_name('method.svg')

WIDTH, HEIGHT = 680, 496
# Fill and outline by what a box is for.
ALWAYS, TRAINING, AFTER = ('#e3edfb', '#2f6bb5'), ('#fdf0d9', '#b9770e'), ('#e2f3e6', '#2e7d46')
TEXT, MUTED = '#1b2430', '#52606d'


def text(x: float, y: float, words: str, size: int = 13, **style: str) -> str:
    """A line of text, centred at x unless ``anchor`` says otherwise."""
    anchor, fill = style.get('anchor', 'middle'), style.get('fill', TEXT)
    weight = style.get('weight', 'normal')
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


def box(x: int, y: int, width: int, height: int, kind: tuple[str, str], title: str, *lines: str):
    """A rounded box with a name in bold and lines that explain it."""
    fill, outline = kind
    top = y + (height - 17 * len(lines)) / 2 + 6
    return [
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="7" fill="{fill}" '
        f'stroke="{outline}" stroke-width="1.5"/>',
        text(x + width / 2, top, title, 14, weight='bold'),
        *(text(x + width / 2, top + 17 * (i + 1), line, 12.5) for i, line in enumerate(lines)),
    ]


def arrow(x1: int, y1: int, x2: int, y2: int) -> str:
    """A straight arrow."""
    return (
        f'<path d="M{x1} {y1} L{x2} {y2}" stroke="{MUTED}" stroke-width="1.8" fill="none" '
        f'marker-end="url(#head)"/>'
    )


def draw(model: Config) -> str:
    """The picture of a model with blending complements, as SVG."""
    head = model.head
    first, second = (part.type for part in head.complements)
    (contrastive,) = (part.type for part in head.aux_losses)
    parts = [
        *box(20, 20, 196, 84, ALWAYS, PartialLabelDataset.__name__, 'images; each label is',
             '1 present, 0 absent', 'or -1 unknown'),
        *box(242, 20, 196, 84, ALWAYS, f'backbone: {model.backbone.type}', 'image to feature map',
             '(any of MMPretrain)'),
        *box(464, 20, 196, 84, ALWAYS, f'neck: {model.neck.type}', 'attention per category:',
             'one feature vector each'),
        arrow(216, 62, 240, 62),
        arrow(438, 62, 462, 62),
        arrow(562, 104, 562, 158),
        f'<rect x="20" y="130" width="640" height="238" rx="9" fill="none" stroke="{ALWAYS[1]}" '
        'stroke-width="1.5"/>',
        text(34, 152, f'head: {head.type}', 14, anchor='start', weight='bold'),
        *box(464, 160, 182, 84, ALWAYS, 'classification', GatedGraphNetwork.__name__,
             CategoryClassifier.__name__),
        text(34, 178, 'complements: copies of the batch in which unknown', 12.5, anchor='start',
             fill=MUTED),
        text(34, 194, 'labels and their features are blended', 12.5, anchor='start', fill=MUTED),
        *box(34, 204, 200, 66, TRAINING, f'{first}', 'IPRB: with another image', 'of the batch'),
        *box(242, 204, 200, 66, TRAINING, f'{second}', 'PPRB: with prototypes',
             'of the category'),
        arrow(442, 222, 462, 222),
        *box(34, 294, 408, 60, TRAINING, 'losses',
             f'{head.loss.type}: batch and copies, known entries', f'{contrastive}: features'),
        f'<path d="M500 244 V324 H446" stroke="{MUTED}" stroke-width="1.8" fill="none" '
        'marker-end="url(#head)"/>',
        arrow(600, 244, 600, 396),
        text(592, 300, 'logits', 12.5, anchor='end', fill=MUTED),
        *box(464, 398, 196, 62, AFTER, CalibrationHook.__name__, 'threshold and calibration',
             'per category'),
        arrow(464, 429, 440, 429),
        *box(242, 398, 196, 62, ALWAYS, 'prediction', 'categories, scores,', 'where it looked'),
    ]  # fmt: skip
    for i, (kind, words) in enumerate(
        [(ALWAYS, 'always'), (TRAINING, 'in training only'), (AFTER, 'once, after training')]
    ):
        y = 402 + 22 * i
        parts += [
            f'<rect x="34" y="{y}" width="16" height="13" rx="3" fill="{kind[0]}" '
            f'stroke="{kind[1]}"/>',
            text(58, y + 11, words, 12.5, anchor='start', fill=MUTED),
        ]
    label = 'Backbone, neck, head with complements and losses, and calibration'
    return '\n'.join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT - 16}" '
            f'width="{WIDTH}" height="{HEIGHT - 16}" role="img" aria-label="{label}" '
            'font-family="Helvetica, Arial, sans-serif">',
            '<defs><marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" '
            f'markerHeight="6" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{MUTED}"/>'
            '</marker></defs>',
            # A ground of its own: pages that show the picture may be dark.
            f'<rect width="{WIDTH}" height="{HEIGHT - 16}" rx="10" fill="#ffffff"/>',
            *parts,
            '</svg>\n',
        ]
    )


if __name__ == '__main__':
    TARGET.write_text(draw(Config.fromfile(CONFIG).model), encoding='utf-8')
