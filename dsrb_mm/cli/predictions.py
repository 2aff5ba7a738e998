"""Predictions as a table on the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text


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
