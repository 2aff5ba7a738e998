"""One ranking of the labels of all categories."""

import math
from multiprocessing import get_all_start_methods

import numpy as np
import pytest
from helpers.two_processes import run_in_two_processes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mmengine.evaluator import Evaluator

from dsrb_mm.evaluation import KeptScores, MicroAveragePrecision, clearly_better


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
    assert MicroAveragePrecision(scores, labels).value == pytest.approx(naive(scores, labels))


def test_unknown_entries_are_absent_where_nothing_is_known_to_be():
    scores = np.array([[0.9, 0.1], [0.8, 0.7]])
    assert MicroAveragePrecision(scores, np.array([[1, 0], [-1, 1]])).value == 100
    assert MicroAveragePrecision(scores, np.array([[1, -1], [-1, 1]])).value < 100
    assert math.isnan(MicroAveragePrecision(scores, np.array([[0, -1], [-1, 0]])).value)


@given(
    arrays(np.int8, (5, 3), elements=st.sampled_from([1, 0, -1])),
    arrays(np.float32, (5, 3), elements=st.sampled_from([-1, 0.25, 0.5, 2])),
    arrays(np.int64, 5, elements=st.integers(0, 3)),
)
def test_images_that_count_twice_are_there_twice(labels, scores, times):
    labels[0, :2], times[0] = (1, 0), 1
    rows = np.repeat(np.arange(5), times)
    found = MicroAveragePrecision(scores, labels).of(times.astype(float))
    assert found == pytest.approx(naive(scores[rows], labels[rows]))


@pytest.mark.parametrize(('noise', 'better'), [(0.5, True), (2.9, False), (4.0, False)])
def test_only_what_is_better_than_by_chance_is_clearly_better(noise, better):
    rng = np.random.default_rng(0)
    labels = (rng.random((200, 4)) < 0.3).astype(int)
    scores = [labels + factor * rng.normal(size=labels.shape) for factor in (noise, 3.0)]
    draws = rng.multinomial(200, np.full(200, 1 / 200), 50)
    one, other = (MicroAveragePrecision(s, labels) for s in scores)
    assert clearly_better(one, other, draws) == better
    # The same from the images written out.
    gains = []
    for draw in draws:
        rows = np.repeat(np.arange(200), draw)
        pair = [naive(s[rows], labels[rows]) for s in scores]
        gains.append(pair[0] - pair[1])
    assert (naive(scores[0], labels) - naive(scores[1], labels) > 2 * np.std(gains)) == better


def test_without_present_labels_nothing_is_better():
    labels = np.zeros((3, 2), int)
    nothing = MicroAveragePrecision(np.ones((3, 2)), labels)
    assert not clearly_better(nothing, nothing, np.ones((5, 3)))


def test_kept_scores_are_logits_where_there_are_any():
    kept = KeptScores()
    evaluator = Evaluator(kept)
    labels = np.array([[1, 0], [0, 1]], np.int8)
    logits = np.array([[40.0, 39.0], [30.0, 50.0]], np.float32)
    samples = [
        dict(pred_score=np.ones(2, np.float32), gt_score=row, pred_logit=values)
        for row, values in zip(labels, logits, strict=True)
    ]
    evaluator.process(samples)
    assert evaluator.evaluate(2) == {}
    assert (kept.scores == logits).all() and (kept.labels == labels).all()


@pytest.mark.skipif('fork' not in get_all_start_methods(), reason='needs fork')
def test_every_process_gets_the_scores_of_all(tmp_path):
    def evaluate(rank):
        kept = KeptScores(collect_device='cpu')
        evaluator = Evaluator(kept)
        for image in range(rank, 4, 2):  # as a sampler deals them out
            row = np.full(2, image, np.float32)
            evaluator.process([dict(pred_score=row / 4, gt_score=np.array([1, 0]), pred_logit=row)])
        evaluator.evaluate(4)
        assert kept.scores[:, 0].tolist() == [0, 1, 2, 3] and kept.labels.shape == (4, 2)

    assert run_in_two_processes(evaluate, tmp_path) == []
