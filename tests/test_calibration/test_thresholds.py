import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score

from dsrb_mm.calibration import f1_thresholds


def f1(scores, labels, threshold):
    known = labels >= 0
    return f1_score(labels[known], scores[known] >= threshold, zero_division=0)


def cases():
    scores = arrays(float, (12, 2), elements=st.integers(-3, 3).map(float))
    labels = arrays(int, (12, 2), elements=st.sampled_from([1, 0, -1]))
    return st.tuples(scores, labels)


@settings(max_examples=40, deadline=None)
@given(cases())
def test_own_threshold_has_the_best_f1_of_all(case):
    scores, labels = case
    found = f1_thresholds(scores, labels, prior_positives=0)
    for c in np.flatnonzero((labels == 1).any(0)):
        best = max(f1(scores[:, c], labels[:, c], t) for t in scores[:, c])
        assert f1(scores[:, c], labels[:, c], found[c]) == pytest.approx(best)


@settings(max_examples=40, deadline=None)
@given(cases())
def test_shared_threshold_has_the_best_mean_f1(case):
    scores, labels = case
    (shared,) = np.unique(f1_thresholds(scores, labels, prior_positives=1e18).round(6))
    used = np.flatnonzero((labels == 1).any(0))
    if not len(used):
        assert shared == 0
        return

    def mean(threshold):
        return np.mean([f1(scores[:, c], labels[:, c], threshold) for c in used])

    best = max(mean(t) for t in np.unique(scores[labels >= 0]))
    assert mean(shared - 1e-5) == pytest.approx(best)


def test_formula_of_the_shrinkage(held_out):
    own = f1_thresholds(*held_out, prior_positives=0)
    (shared,) = set(f1_thresholds(*held_out, prior_positives=1e18).round(9))
    number = (held_out[1] == 1).sum(0)
    weight = number / (number + 7)
    found = f1_thresholds(*held_out, prior_positives=7)
    np.testing.assert_allclose(found, weight * own + (1 - weight) * shared, atol=1e-8)
    assert number[3] == 0 and found[3] == pytest.approx(shared)


def test_many_scores_are_thinned_out_and_nothing_is_lost():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(3000, 1))
    labels = (scores + 0.3 * rng.normal(size=scores.shape) > 1).astype(int)
    assert f1_thresholds(scores, labels, 1e18)[0] == pytest.approx(1, abs=0.15)
