from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.completion.thresholds import (
    TrustRule,
    absent_candidates,
    choose_pair,
    present_candidates,
)

RULES = [
    TrustRule(0.8, None, 0.5, 1),
    TrustRule(0.7, 1.0, 0.8, 3),
    TrustRule(0.6, 0.5, 0.9, 2),
]
entries = st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=40)


def arrays(pairs):
    scores = np.array([s / 8 for s, _ in pairs])
    return scores, np.array([int(y) for _, y in pairs], int)


def bound(part, total, confidence):
    """The smallest share that part of total does not contradict, by bisection."""
    z, low, high = NormalDist().inv_cdf(confidence), 0.0, part / total
    for _ in range(60):
        middle = (low + high) / 2
        distance = (part / total - middle) / np.sqrt(middle * (1 - middle) / total)
        low, high = (middle, high) if distance > z else (low, middle)
    return low


@pytest.mark.parametrize('confidence', [0.6, 0.9, 0.99])
def test_lower_bound_is_the_score_interval(confidence):
    rule = TrustRule(confidence=confidence)
    for total in (1, 7, 50):
        for part in range(1, total + 1):
            got = rule.lower_bound(np.array(part), np.array(total))
            assert got == pytest.approx(bound(part, total, confidence), abs=1e-9)
    assert rule.lower_bound(np.array([0, 0]), np.array([0, 5])).tolist() == [0, 0]


def naive_present(scores, labels, rule):
    found = []
    for value in sorted(set(scores), reverse=True):
        chosen = [y for s, y in zip(scores, labels, strict=True) if s >= value]
        lower = sum(chosen) / len(chosen)
        if rule.confidence > 0.5 and sum(chosen):
            lower = bound(sum(chosen), len(chosen), rule.confidence)
        if len(chosen) >= rule.min_support and lower >= rule.precision - 1e-9:
            found.append((value, len(chosen), sum(chosen)))
    return found


def naive_absent(scores, labels, rule):
    found = []
    present = sum(labels)
    for value in sorted(set(scores)):
        chosen = [1 - y for s, y in zip(scores, labels, strict=True) if s <= value]
        right, missed = sum(chosen), len(chosen) - sum(chosen)
        lower, kept = right / len(chosen), (present - missed) / max(present, 1)
        if rule.confidence > 0.5:
            lower = bound(right, len(chosen), rule.confidence) if right else 0
            kept = bound(present - missed, present, rule.confidence) if present > missed else 0
        good = len(chosen) >= rule.min_support and lower >= rule.precision - 1e-9
        if rule.missed_limit < 1:
            good &= present >= rule.min_support and kept >= 1 - rule.missed_limit - 1e-9
        if good:
            found.append((value, len(chosen), right))
    return found


def listed(candidates):
    return list(zip(*[column.tolist() for column in candidates], strict=True))


@pytest.mark.parametrize('rule', RULES)
@given(pairs=entries)
def test_candidates_are_those_of_a_naive_search(rule, pairs):
    scores, labels = arrays(pairs)
    assert listed(present_candidates(scores, labels, rule)) == [
        (np.inf, 0, 0),
        *naive_present(scores, labels, rule),
    ]
    assert listed(absent_candidates(scores, labels, rule)) == [
        (-np.inf, 0, 0),
        *naive_absent(scores, labels, rule),
    ]


@pytest.mark.parametrize('rule', RULES)
@given(pairs=entries)
def test_pair_decides_most_without_contradiction(rule, pairs):
    scores, labels = arrays(pairs)
    above, below = present_candidates(scores, labels, rule), absent_candidates(scores, labels, rule)
    present, absent = choose_pair(above, below)
    assert present.value > absent.value
    best = max(
        (p[1] + a[1], p[2] + a[2]) for p in listed(above) for a in listed(below) if p[0] > a[0]
    )
    assert (present.support + absent.support, present.correct + absent.correct) == best


def test_a_perfect_model_decides_everything_once():
    scores = np.linspace(0, 1, 100)
    labels = (scores > 0.7).astype(int)
    rule = TrustRule(0.6, 0.4, 0.5, 1)
    present, absent = choose_pair(
        present_candidates(scores, labels, rule), absent_candidates(scores, labels, rule)
    )
    assert present.support + absent.support == present.correct + absent.correct == 100


def test_rare_category_is_not_marked_absent_throughout():
    rng = np.random.default_rng(0)
    labels = (np.arange(1000) < 50).astype(int)
    scores = rng.random(1000)  # a model that knows nothing
    loosest = absent_candidates(scores, labels, TrustRule(0.9, 1.0)).value[-1]
    assert (scores <= loosest).all()  # 95 % of everything is absent anyway
    careful = absent_candidates(scores, labels, TrustRule(0.9)).value[-1]
    assert (labels[scores <= careful] == 1).sum() <= 5


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(precision=1.0), 'precision .* 1.0'),
        (dict(precision=0.4), 'precision'),
        (dict(confidence=0.4), 'confidence'),
        (dict(max_missed=0), 'max_missed'),
        (dict(min_support=0), 'min_support'),
    ],
)
def test_bad_rules(kwargs, message):
    with pytest.raises(ValueError, match=message):
        TrustRule(**kwargs)
