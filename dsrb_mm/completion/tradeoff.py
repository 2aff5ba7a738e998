"""What other precisions would have filled in: precision asked, filled in, found."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dsrb_mm.completion.category_thresholds import fit_thresholds
from dsrb_mm.completion.run import Completion, fill_in
from dsrb_mm.completion.thresholds import TrustRule

PRECISIONS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def measure_tradeoff(
    result: Completion,
    rule: TrustRule,
    scope: str = 'auto',
    precisions: Sequence[float] = PRECISIONS,
) -> pd.DataFrame:
    """Decide at several precisions, with scores that are there already.

    ``max_missed`` stays where it was given, else follows the precision.

    Args:
        result: The completion, with held-out labels.
        rule: The rule whose precision is varied; its own is always among them.
        scope: See :func:`fit_thresholds`.
        precisions: What is asked for, each in [0.5, 1).

    Returns:
        One row per precision, rising: ``precision``; ``filled_present``, ``filled_absent`` and
        ``left_open`` (numbers of training labels); ``found``, the share of the held-out present
        labels that is decided to be present; ``precision_present``, ``precision_absent`` and
        ``found_hidden``, measured on hidden labels whose truth is known. NaN where there is
        nothing to measure on. ``found`` is measured on the labels that thresholds were chosen on.

    Raises:
        ValueError: No held-out labels, or a precision out of range.
    """
    if result.held_out is None:
        raise ValueError('expected a completion with held-out labels, but got one without')
    held_out, labels = result.held_out, result.train.labels
    hidden = (labels == -1) & (result.train.truth >= 0)
    rows = []
    for precision in sorted({*precisions, rule.precision}):
        thresholds = fit_thresholds(
            held_out.scores,
            held_out.labels,
            dataclasses.replace(rule, precision=precision),
            scope,
        )
        decided = result.decide(thresholds)
        filled = fill_in(labels, decided)
        says = thresholds.decide(held_out.scores)
        there, gone = result.train.truth == 1, result.train.truth == 0
        rows.append(
            {
                'precision': precision,
                'filled_present': int(((labels == -1) & (filled == 1)).sum()),
                'filled_absent': int(((labels == -1) & (filled == 0)).sum()),
                'left_open': int((filled == -1).sum()),
                'found': _share(says == 1, held_out.labels == 1),
                'precision_present': _share(there, hidden & (decided == 1)),
                'precision_absent': _share(gone, hidden & (decided == 0)),
                'found_hidden': _share(decided == 1, hidden & there),
            }
        )
    return pd.DataFrame(rows)


def _share(part: NDArray, whole: NDArray) -> float:
    return float((part & whole).sum() / whole.sum()) if whole.any() else np.nan
