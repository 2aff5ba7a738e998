"""One ranking of the labels of all categories."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mmengine.evaluator import Evaluator

from dsrb_mm.evaluation import micro_average_precision


def naive(scores, labels):
    """Interpolated average precision by loops: the best precision at each recall or more."""
    known = [(s, y) for s, y in zip(scores.ravel(), labels.ravel(), strict=True) if y >= 0]
    points = []
    for threshold in sorted({s for s, _ in known}, reverse=True):
        found = [y for s, y in known if s >= threshold]
        points.append((sum(found), sum(found) / len(found)))
    total = sum(y for _, y in known)
    area, before = 0.0, 0
    for i, (recall, _) in enumerate(points):
        area += (recall - before) * max(p for _, p in points[i:])
        before = recall
    return 100 * area / total


@given(
    arrays(np.int8, (4, 3), elements=st.sampled_from([1, 0, -1])),
    arrays(np.float32, (4, 3), elements=st.sampled_from([-1, 0.25, 0.5, 2])),
)
def test_it_is_the_naive_one(labels, scores):
    labels[0, :2] = 1, 0
    assert micro_average_precision(scores, labels) == pytest.approx(naive(scores, labels))


def test_unknown_entries_are_absent_where_nothing_is_known_to_be():
    scores = np.array([[0.9, 0.1], [0.8, 0.7]])
    assert micro_average_precision(scores, np.array([[1, 0], [-1, 1]])) == 100
    assert micro_average_precision(scores, np.array([[1, -1], [-1, 1]])) < 100
    assert math.isnan(micro_average_precision(scores, np.array([[0, -1], [-1, 0]])))


def test_the_metric_ranks_logits_where_there_are_any():
    evaluator = Evaluator(dict(type='mmpretrain.MicroAveragePrecision'))
    labels = np.array([[1, 0], [0, 1]], np.int8)
    logits = np.array([[40.0, 39.0], [30.0, 50.0]], np.float32)
    samples = [
        dict(pred_score=np.ones(2, np.float32), gt_score=row, pred_logit=values)
        for row, values in zip(labels, logits, strict=True)
    ]
    evaluator.process(samples)
    assert evaluator.evaluate(2) == {'multi-label/micro_AP': 100.0}
