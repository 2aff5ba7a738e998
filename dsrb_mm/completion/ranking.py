"""What to annotate next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import entr

ORDERS = ('category', 'entry', 'image')
VALUES = ('uncertainty', 'score')


def binary_entropy(scores: NDArray) -> NDArray:
    """Entropy in bits of a yes-or-no question answered yes with this probability: 1 at 0.5.

    Shape:
        Any; elementwise.
    """
    p = np.asarray(scores, np.float64)
    return (entr(p) + entr(1 - p)) / np.log(2)


def rank_open_entries(
    scores: NDArray,
    labels: NDArray,
    paths: Sequence[str],
    classes: Sequence[str],
    order: str = 'category',
    limit: int | None = None,
    value: str = 'uncertainty',
) -> pd.DataFrame:
    """Order the unknown entries by what an answer would tell.

    Args:
        scores: Probabilities.
        labels: 1, 0, and -1 for the entries to rank.
        paths: Images (N).
        classes: Category names (C).
        order: ``'category'``: categories take turns, each with its most valuable entry, so that any
            list holds equally many of each; in a turn, those with fewest known present labels come
            first. ``'entry'``: the most valuable entry first. ``'image'``: the image with the
            largest total first, whose entries stand together, as one looks at an image once.
        limit: Rows at most; None: all.
        value: Of an entry: its ``'uncertainty'``, or its ``'score'``, to find present labels.

    Returns:
        Columns path, category, score, uncertainty (bits), and image_total, the sum of the values of
        an image's unknown entries.

    Shape:
        scores, labels (N, C).

    Raises:
        ValueError: Another ``order`` or ``value``.
    """
    for name, given, known in (('order', order, ORDERS), ('value', value, VALUES)):
        if given not in known:
            raise ValueError(f'expected {name} to be one of {known}, but got {given!r}')
    labels = np.asarray(labels)
    open_entries = labels == -1
    uncertainty = binary_entropy(scores)
    values = np.where(open_entries, uncertainty if value == 'uncertainty' else scores, 0)
    total = values.sum(1)
    rows, columns = np.nonzero(open_entries)
    keys = [-values[rows, columns]]
    if order == 'image':
        keys += [rows, -total[rows]]
    elif order == 'category':
        keys += [(labels == 1).sum(0)[columns], _turns(values[rows, columns], columns)]
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


def _turns(values: NDArray, columns: NDArray) -> NDArray:
    """Place of each entry among those of its category, the most valuable at 0.

    Shape:
        All (number of entries).
    """
    order = np.lexsort([-values, columns])
    starts = np.searchsorted(columns[order], columns[order], side='left')
    turns = np.empty(len(columns), int)
    turns[order] = np.arange(len(columns)) - starts
    return turns
