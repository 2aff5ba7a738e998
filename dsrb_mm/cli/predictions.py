"""What is predicted, and predictions as a table on the screen."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dsrb_mm.apis.image_inputs import ImageInput, collect_images


def prediction_table(results: Iterable[dict[str, Any]]) -> Table:
    """One row per image, with the predicted categories and their probabilities.

    Args:
        results: Of :class:`MultiLabelInferencer`.
    """
    table = Table('image', 'predicted')
    for result in results:
        pairs = zip(result['pred_classes'], result['pred_labels'], strict=True)
        text = ', '.join(f'{name} {result["pred_scores"][label]:.2f}' for name, label in pairs)
        # Names are data: what looks like markup in them is shown as it is.
        table.add_row(Text(str(result['path'])), Text(text or '-'))
    return table


def find_inputs(inputs: Sequence[Path], console: Console) -> list[ImageInput]:
    """List the images of files and folders, and say which folders are not searched."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter('always')
        images = collect_images(list(inputs))
    for warning in found:
        console.print(f'note: {warning.message}', soft_wrap=True)
    return images


def picture_files(images: Sequence[ImageInput], folder: Path | None) -> list[Path]:
    """Pictures that a prediction of these images writes."""
    return [] if folder is None else [folder / f'{image.name}.png' for image in images]
