"""Figures over all categories, with bootstrap intervals over the images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsrb_mm.evaluation import average_precision, precision_recall
from dsrb_mm.evaluation.average_precision import mean_over_evaluated
from dsrb_mm.evaluation.resampled_precision import ResampledPrecision, bootstrap_interval

RESAMPLES = 500


class Interval(NamedTuple):
    """A figure with its 95 % interval; all in percent."""

    value: float
    low: float
    high: float


def bootstrap_figures(
    logits: NDArray,
    labels: NDArray,
    decisions: dict[str, NDArray],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """Compute mAP, and CF1 and OF1 of each kind of decision.

    Each resample draws as many images as there are, with replacement; the interval is the spread of
    the resamples around their mean, moved to the figure. The model, its thresholds and
    the images' labels are taken as they are, so that the intervals tell how much the choice of
    images matters and nothing else.

    Args:
        logits: What mAP ranks.
        labels: 1 present, 0 absent, -1 unknown.
        decisions: Predicted categories, by the suffix of the figure's name.
        resamples: Number of resamples.
        seed: Seed of the draws.

    Shape:
        All arrays (N, C).

    Returns:
        ``mAP``, and ``CF1<suffix>`` and ``OF1<suffix>``.
    """
    rng = np.random.default_rng(seed)
    number = len(labels)
    weights = [
        np.bincount(row, minlength=number) for row in rng.integers(number, size=(resamples, number))
    ]
    value = mean_over_evaluated(average_precision(logits, labels)[0])
    resampled = ResampledPrecision(logits, labels)
    found = {'mAP': _interval(value, [resampled.mean(w.astype(float)) for w in weights])}
    drawn = np.array(weights, np.float32).reshape(resamples, number)
    for suffix, predicted in decisions.items():
        rates = precision_recall(predicted, labels)
        for name, values in _resampled_f1(predicted, labels, drawn).items():
            found[name + suffix] = _interval(rates[name], values)
    return found


def _resampled_f1(predicted: NDArray, labels: NDArray, drawn: NDArray) -> dict[str, NDArray]:
    """CF1 and OF1 of :func:`precision_recall` for every resample, from weighted counts."""
    present = labels == 1
    correct, answered, positives = (
        drawn @ part.astype(np.float32)
        for part in (predicted & present, predicted & (labels >= 0), present)
    )
    evaluated = positives > 0
    number = np.maximum(evaluated.sum(1), 1)
    precision = (_ratio(correct, answered) * evaluated).sum(1) / number
    recall = (_ratio(correct, positives) * evaluated).sum(1) / number
    overall = [_ratio(correct.sum(1), whole.sum(1)) for whole in (answered, positives)]
    return {'CF1': _harmonic(precision, recall), 'OF1': _harmonic(*overall)}


def _ratio(part: NDArray, whole: NDArray) -> NDArray:
    return part / np.maximum(whole, 1)


def _harmonic(first: NDArray, second: NDArray) -> NDArray:
    return 2 * first * second / np.maximum(first + second, 1e-12)


def _interval(value: float, resampled: NDArray | list[float]) -> Interval:
    low, high = bootstrap_interval(value, resampled)
    return Interval(100 * value, 100 * low, 100 * high)
