"""Writing of matplotlib figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

from dsrb_mm.fileio.atomic import open_atomically


def save_figure(figure: Figure, path: str | Path, **options: Any) -> None:
    """Write a figure in one step; its folder is made.

    All texts are shown as they are: a category may be called ``$x$``.

    Args:
        figure: The figure.
        path: File, in the format of its suffix; PNG without one.
        **options: Further arguments of ``Figure.savefig``.

    Raises:
        ValueError: A suffix that matplotlib does not write.
        OSError: The file cannot be written.
    """
    for text in figure.findobj(Text):
        text.set_parse_math(False)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix.removeprefix('.').lower() or 'png'
    with open_atomically(path, 'wb') as file:
        figure.savefig(file, format=kind, **options)
