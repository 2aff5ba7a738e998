"""Overall and per-category precision, recall and F1 under partial labels (OP ... CF1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def precision_recall(predicted: NDArray, labels: NDArray) -> dict[str, float]:
    r"""Overall (OP, OR, OF1) and per-category (CP, CR, CF1) precision, recall and F1.

    With TP_c, FP_c, FN_c counted on the known entries of category c (an unknown entry is none of
    the three, predicted or not):

    .. math::
        OP = \frac{\sum_c TP_c}{\sum_c TP_c + FP_c} \qquad
        OR = \frac{\sum_c TP_c}{\sum_c TP_c + FN_c} \qquad
        CP = \frac{1}{C'} \sum_c \frac{TP_c}{TP_c + FP_c} \qquad
        CR = \frac{1}{C'} \sum_c \frac{TP_c}{TP_c + FN_c}

    The C' categories of CP and CR are those with known positives: without any, recall is not
    defined, and precision could only be 0. Their false positives do count in OP. A category that
    is never predicted has precision 0. OF1 is the harmonic mean of OP and OR and CF1 that of CP
    and CR (not the mean of F1 over categories). Everything else of the form 0 / 0 is 0.

    Args:
        predicted: True where a category is predicted to be present.
        labels: 1 present, 0 absent, -1 unknown.

    Returns:
        The six values in [0, 1] by name, in the order OP, OR, OF1, CP, CR, CF1.

    Shape:
        - predicted, labels: (N, C)

    Raises:
        ValueError: ``predicted`` and ``labels`` are not of one two-dimensional shape.
    """
    if predicted.ndim != 2 or predicted.shape != labels.shape:
        raise ValueError(
            'expected predicted and labels to be of one shape (N, C), '
            f'but got {predicted.shape} and {labels.shape}'
        )
    present = labels == 1
    correct = np.count_nonzero(predicted & present, axis=0)
    answered = np.count_nonzero(predicted & (labels >= 0), axis=0)
    positives = np.count_nonzero(present, axis=0)

    overall_precision = float(_ratio(correct.sum(), answered.sum()))
    overall_recall = float(_ratio(correct.sum(), positives.sum()))
    evaluated = positives > 0
    num_evaluated = max(np.count_nonzero(evaluated), 1)
    class_precision = float(_ratio(correct, answered)[evaluated].sum() / num_evaluated)
    class_recall = float(_ratio(correct, positives)[evaluated].sum() / num_evaluated)
    return {
        'OP': overall_precision,
        'OR': overall_recall,
        'OF1': _harmonic_mean(overall_precision, overall_recall),
        'CP': class_precision,
        'CR': class_recall,
        'CF1': _harmonic_mean(class_precision, class_recall),
    }


def top_k_mask(scores: NDArray, topk: int) -> NDArray[np.bool_]:
    """Mark the ``topk`` highest scores of every sample; of equal scores the lower category wins.

    Args:
        scores: Scores without nan.
        topk: Number of categories to mark in every sample.

    Shape:
        - scores: (N, C)
        - output: (N, C), bool

    Raises:
        ValueError: ``topk`` is not in 1 ... C.
    """
    num_classes = scores.shape[1]
    if not 1 <= topk <= num_classes:
        raise ValueError(
            f'expected topk to be from 1 to the number of categories {num_classes}, but got {topk}'
        )
    mask = np.zeros(scores.shape, dtype=bool)
    highest = np.argsort(-scores, axis=1, kind='stable')[:, :topk]
    np.put_along_axis(mask, highest, True, axis=1)
    return mask


def _ratio(part: NDArray, whole: NDArray) -> NDArray:
    """part / whole, and 0 where the whole is 0."""
    return part / np.maximum(whole, 1)


def _harmonic_mean(first: float, second: float) -> float:
    """Harmonic mean, and 0 if both are 0."""
    total = first + second
    return 2 * first * second / total if total > 0 else 0.0
