"""How well hidden labels were recovered, where the complete labels are there to compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dsrb_mm.evaluation.average_precision import average_precision, mean_over_evaluated


def measure_recovery(
    scores: NDArray, labels: NDArray, truth: NDArray, decided: NDArray, classes: Sequence[str]
) -> tuple[dict[str, float], pd.DataFrame] | None:
    """Compare decisions and scores with the labels that training could not see.

    Args:
        scores: Probabilities.
        labels: What training knew.
        truth: The complete labels; -1 where they are unknown themselves.
        decided: Decisions, 1, 0, or -1 where left open; only hidden entries are looked at.
        classes: Category names.

    Returns:
        Overall and per category, as shares: ``hidden`` and ``hidden_present`` (numbers),
        ``coverage`` (hidden entries decided), ``accuracy`` (of decisions), ``precision_present``,
        ``precision_absent`` (of these decisions), ``recall_present``, ``recall_absent`` (found of
        all hidden ones), ``missed_present`` (present ones marked absent) and the average precision
        of the scores among hidden entries: ``AP``, overall ``mAP``. NaN where there is nothing to
        divide by. None if nothing was hidden.

    Shape:
        All arrays (N, C).
    """
    hidden = (labels == -1) & (truth >= 0)
    if not hidden.any():
        return None
    there, gone = hidden & (truth == 1), hidden & (truth == 0)
    says_there, says_gone = hidden & (decided == 1), hidden & (decided == 0)
    parts = (
        hidden,
        there,
        gone,
        says_there,
        says_gone,
        there & says_there,
        gone & says_gone,
        there & says_gone,
    )
    counts = np.stack([part.sum(0) for part in parts])
    precision = average_precision(scores, np.where(hidden, truth, -1))[0]
    table = pd.DataFrame({'category': list(classes), **_shares(counts), 'AP': precision})
    overall = {name: float(value) for name, value in _shares(counts.sum(1)).items()}
    return overall | {'mAP': mean_over_evaluated(precision)}, table


def _shares(counts: NDArray) -> dict[str, NDArray]:
    hidden, there, gone, says_there, says_gone, found, excluded, missed = counts

    def share(part: NDArray, whole: NDArray) -> NDArray:
        return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)

    return {
        'hidden': hidden,
        'hidden_present': there,
        'coverage': share(says_there + says_gone, hidden),
        'accuracy': share(found + excluded, says_there + says_gone),
        'precision_present': share(found, says_there),
        'precision_absent': share(excluded, says_gone),
        'recall_present': share(found, there),
        'recall_absent': share(excluded, gone),
        'missed_present': share(missed, there),
    }
