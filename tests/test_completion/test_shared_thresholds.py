import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.completion.shared_thresholds import fit_shared
from dsrb_mm.completion.thresholds import TrustRule

ALL = np.ones(4, bool)


def data(seed, images=30):
    rng = np.random.default_rng(seed)
    labels = (rng.random((images, 4)) < 0.3).astype(int)
    scores = np.round(np.clip(0.5 * labels + rng.random(labels.shape) * 0.7, 0, 1), 2)
    labels[rng.random(labels.shape) < 0.3] = -1
    return scores, labels


def naive_present(scores, labels, rule):
    """By trying every score, each without the categories that refute it."""
    best = (np.inf, 0, 0)
    for value in sorted(set(scores[labels >= 0]), reverse=True):
        total = hits = 0
        for c in range(4):
            chosen = labels[(labels[:, c] >= 0) & (scores[:, c] >= value), c]
            if not rule.refuted(np.array((chosen == 1).sum()), np.array(len(chosen))):
                total, hits = total + len(chosen), hits + (chosen == 1).sum()
        if rule.trusted(np.array(hits), np.array(total)) and total > best[1]:
            best = (value, total, hits)
    return best


@pytest.mark.parametrize('confidence', [0.5, 0.8])
@given(seed=st.integers(0, 5000))
def test_present_alone_is_the_naive_search(confidence, seed):
    scores, labels = data(seed)
    rule = TrustRule(0.8, None, confidence, 3)
    present, absent = fit_shared(scores, labels, (ALL, ~ALL), rule)
    assert tuple(present.threshold) == naive_present(scores, labels, rule)
    assert not absent.members.any() and absent.threshold.value == -np.inf


@given(seed=st.integers(0, 5000))
def test_mirrored_labels_mirror_the_thresholds(seed):
    scores, labels = data(seed)
    rule = TrustRule(0.7, 1.0, 0.8, 3)
    present, _ = fit_shared(scores, labels, (ALL, ~ALL), rule)
    flipped = np.where(labels >= 0, 1 - labels, -1)
    _, absent = fit_shared(-scores, flipped, (~ALL, ALL), rule)
    assert absent.threshold == present.threshold._replace(value=-present.threshold.value)
    assert (absent.members == present.members).all()


def test_many_scores_are_thinned_out_at_the_loose_end():
    rng = np.random.default_rng(0)
    scores = rng.random((5000, 4))
    labels = (scores > 0.9).astype(int)
    rule = TrustRule(0.9, None, 0.95, 10)
    present, absent = fit_shared(scores, labels, (ALL, ALL), rule)
    assert present.members.all() and absent.members.all()
    decided = present.threshold.support + absent.threshold.support
    assert decided > 0.98 * scores.size
    assert present.threshold.value > absent.threshold.value
