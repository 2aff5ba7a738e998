"""Every figure of a report, as plain containers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from dsrb_mm.calibration import Reliability, reliability
from dsrb_mm.datasets.few_labels import ENOUGH
from dsrb_mm.evaluation import average_precision
from dsrb_mm.fileio.json_values import json_value
from dsrb_mm.report.bootstrap import RESAMPLES, bootstrap_figures
from dsrb_mm.report.judged import HALF, Judged
from dsrb_mm.report.mistakes import Mistake, find_confusions, worst_mistakes

_POINTS = 100  # of a curve


def build_figures(
    judged: Judged, resamples: int = RESAMPLES, mistakes: int = 24, seed: int = 0
) -> dict[str, Any]:
    """Compute what the page shows.

    Args:
        judged: Scores, labels and decisions.
        resamples: Number of resamples for the intervals.
        mistakes: Maximum number of each kind.
        seed: Seed of the resamples.

    Returns:
        ``images``, ``decisions``, ``headline`` (figures in percent with 95 % intervals),
        ``categories`` (one dict each, shares in [0, 1]), ``curves`` over all categories,
        ``mistakes`` (``predicted`` and ``missed``), ``confusions`` and ``too_few`` (names). None
        stands for what cannot be computed.
    """
    decisions = {'': judged.predicted}
    if judged.decisions != HALF:
        decisions[' at 0.5'] = judged.logits >= 0
    headline = bootstrap_figures(judged.logits, judged.labels, decisions, resamples, seed)
    raw = expit(judged.logits)
    error = {'': judged.probabilities, ' uncalibrated': raw}
    if judged.decisions == HALF:
        del error[' uncalibrated']
    shown: list[dict[str, Any]] = [
        dict(name=name, value=value, low=low, high=high)
        for name, (value, low, high) in headline.items()
    ]
    shown += [
        dict(name=f'ECE{name}', value=100 * reliability(p, judged.labels).error)
        for name, p in error.items()
    ]
    categories = [_category(judged, c) for c in range(len(judged.classes))]
    wrong = worst_mistakes(
        judged.probabilities, judged.labels, judged.predicted, judged.decided_by, mistakes
    )
    return json_value(
        dict(
            images=dict(
                name=judged.images,
                number=len(judged.paths),
                known=int((judged.labels >= 0).sum()),
                present=int((judged.labels == 1).sum()),
            ),
            decisions=judged.decisions,
            headline=shown,
            categories=categories,
            curves=dict(
                precision_recall=_precision_recall(judged.logits, judged.labels),
                reliability=_reliability(reliability(judged.probabilities, judged.labels)),
                reliability_uncalibrated=_reliability(reliability(raw, judged.labels)),
            ),
            mistakes=dict(
                predicted=[_mistake(judged, m) for m in wrong[0]],
                missed=[_mistake(judged, m) for m in wrong[1]],
            ),
            confusions=[
                dict(
                    present=judged.classes[pair.present],
                    predicted=judged.classes[pair.predicted],
                    images=pair.images,
                    expected=pair.expected,
                )
                for pair in find_confusions(judged.labels, judged.predicted)
            ],
            too_few=[c['name'] for c in categories if not c['enough']],
        ),
        digits=6,
    )


def _category(judged: Judged, c: int) -> dict[str, Any]:
    y, predicted = judged.labels[:, c], judged.predicted[:, c]
    known = y >= 0
    found, answered = int((predicted & (y == 1)).sum()), int((predicted & known).sum())
    present, absent = int((y == 1).sum()), int((y == 0).sum())
    curve = reliability(judged.probabilities[:, c], y)
    column = slice(c, c + 1)
    return dict(
        name=judged.classes[c],
        AP=float(average_precision(judged.logits[:, column], judged.labels[:, column])[0][0]),
        precision=found / answered if answered else None,
        recall=found / present if present else None,
        F1=2 * found / (answered + present) if present else None,
        threshold=float(judged.thresholds[c]),
        predicted=answered,
        present=present,
        absent=absent,
        unknown=len(y) - present - absent,
        ECE=curve.error,
        enough=min(present, absent) >= ENOUGH,
        curves=dict(
            precision_recall=_precision_recall(judged.logits[:, c], y),
            reliability=_reliability(curve),
        ),
    )


def _precision_recall(logits: NDArray, labels: NDArray) -> dict[str, list[float]] | None:
    """Precision and recall from the highest threshold to the lowest; None without positives."""
    known = labels >= 0
    if not (labels[known] == 1).any():
        return None
    # Imports scikit-learn, which takes a second: most commands draw no curve.
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(
        labels[known], logits[known], drop_intermediate=True
    )
    kept = np.unique(np.linspace(0, len(recall) - 1, _POINTS).round().astype(int))[::-1]
    return dict(precision=precision[kept].tolist(), recall=recall[kept].tolist())


def _reliability(curve: Reliability) -> dict[str, list]:
    return dict(
        predicted=curve.predicted.tolist(),
        observed=curve.observed.tolist(),
        count=curve.count.tolist(),
    )


def _mistake(judged: Judged, mistake: Mistake) -> dict[str, Any]:
    i, c, _ = mistake
    others = [
        dict(name=judged.classes[k], score=float(judged.probabilities[i, k]))
        for k in np.argsort(-judged.probabilities[i], kind='stable')[:5]
        if judged.predicted[i, k]
    ]
    return dict(
        path=judged.paths[i],
        image=i,
        category=judged.classes[c],
        category_index=c,
        score=float(judged.probabilities[i, c]),
        threshold=float(judged.decided_by[i, c]),
        predicted=others,
        more_predicted=int(judged.predicted[i].sum()) - len(others),
        present=[judged.classes[k] for k in np.flatnonzero(judged.labels[i] == 1)],
    )
