"""What several commands share: arguments, and a word while the library is imported."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status


def choose_device(text: str | None) -> str | None:
    """Let this process see only the requested device, since training uses the GPU that it sees.

    Call it before importing PyTorch, which looks for devices once.
    """
    if text is None or text == 'cuda':
        return text
    number = text.removeprefix('cuda:')
    if text != 'cpu' and (number == text or not number.isdecimal()):
        raise typer.BadParameter(f'expected cpu, cuda, or cuda:1 and the like, but got {text!r}')
    visible = os.environ.get('CUDA_VISIBLE_DEVICES', '')
    if text == 'cpu':
        os.environ['CUDA_VISIBLE_DEVICES'] = '-1'
        return text
    # Of those that the user leaves visible, counted from 0.
    allowed = dict(enumerate(visible.split(','))) if visible else {}
    os.environ['CUDA_VISIBLE_DEVICES'] = allowed.get(int(number), '-1') if allowed else number
    return 'cuda'


Labels = Annotated[
    Path,
    typer.Argument(
        exists=True,
        help='CSV (path, split, one column per category: 1, 0 or nothing), a folder of Pascal VOC, '
        'or an export of an annotation tool',
    ),
]
WorkDir = Annotated[Path, typer.Argument(exists=True, help='work directory of a training')]
Images = Annotated[
    Path | None,
    typer.Option(exists=True, file_okay=False, help='folder of the images [beside the labels]'),
]
Unknown = Annotated[
    str | None,
    typer.Option(
        help='what an unlisted category means, for formats other than CSV: absent, unlisted '
        '(unknown), or a file of what was looked for'
    ),
]
Ignore = Annotated[
    list[str] | None, typer.Option(help='column of the CSV that is not a category; repeatable')
]
SkipMissing = Annotated[bool, typer.Option('--skip-missing', help='skip images that are missing')]
Device = Annotated[
    str | None,
    typer.Option(callback=choose_device, help='cpu, cuda, cuda:1, ... [the GPU if there is one]'),
]
Budget = Annotated[
    str, typer.Option(help='optimiser steps, or auto: from the number of known labels')
]
Overwrite = Annotated[bool, typer.Option(help='replace an existing file')]
Seed = Annotated[int, typer.Option(help='random seed of split, weights and order of images')]


def parse_budget(text: str) -> int | str:
    """Read ``--budget``: a number of optimiser steps, or ``auto``."""
    if text == 'auto':
        return text
    if not text.isdecimal() or not int(text):
        raise typer.BadParameter(
            f'expected a number of steps or auto, but got {text!r}', param_hint='--budget'
        )
    return int(text)


class Held(str, Enum):
    """Images that judge a model."""

    test = 'test'
    val = 'val'


def loading() -> Status:
    """Tell a terminal why nothing happens while the library is imported, which takes seconds."""
    return Console(stderr=True).status('loading PyTorch and MMPretrain')
