"""What to annotate next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ORDERS = ('entry', 'image')


def binary_entropy(scores: NDArray) -> NDArray:
    """Entropy in bits of a yes-or-no question answered yes with this probability: 1 at 0.5.

    Shape:
        Any; elementwise.
    """
    p = np.clip(np.asarray(scores, np.float64), 1e-12, 1 - 1e-12)
    return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))


def rank_open_entries(
    scores: NDArray,
    labels: NDArray,
    paths: Sequence[str],
    classes: Sequence[str],
    order: str = 'entry',
    limit: int | None = None,
) -> pd.DataFrame:
    """Order the unknown entries by what an answer would tell.

    Args:
        scores: Probabilities.
        labels: 1, 0, and -1 for the entries to rank.
        paths: Images (N).
        classes: Category names (C).
        order: ``'entry'``: the most uncertain entry first. ``'image'``: the image with the largest
            total first, whose entries stand together, as one looks at an image once.
        limit: Rows at most; None: all.

    Returns:
        Columns path, category, score, uncertainty (bits), and image_total, the sum of the
        uncertainties of an image's unknown entries.

    Shape:
        scores, labels (N, C).

    Raises:
        ValueError: Another ``order``.
    """
    if order not in ORDERS:
        raise ValueError(f'expected order to be one of {ORDERS}, but got {order!r}')
    open_entries = np.asarray(labels) == -1
    uncertainty = np.where(open_entries, binary_entropy(scores), 0)
    total = uncertainty.sum(1)
    rows, columns = np.nonzero(open_entries)
    keys = [-uncertainty[rows, columns]]
    if order == 'image':
        keys += [rows, -total[rows]]
    best = np.lexsort(keys)[:limit]
    rows, columns = rows[best], columns[best]
    return pd.DataFrame(
        {
            'path': np.asarray(paths, object)[rows],
            'category': np.asarray(classes, object)[columns],
            'score': scores[rows, columns],
            'uncertainty': uncertainty[rows, columns],
            'image_total': total[rows],
        }
    )
