import numpy as np
import pytest

from dsrb_mm.completion import TrustRule, fit_thresholds
from dsrb_mm.completion.category_thresholds import CategoryThresholds
from dsrb_mm.completion.reasons import explain_nothing, labels_needed

RULE = TrustRule(0.9)


@pytest.mark.parametrize('share', [0.5, 0.8, 0.9, 0.95])
def test_as_many_labels_as_the_rule_accepts(share):
    needed = labels_needed(RULE, share)
    rule = TrustRule(share)
    assert rule.trusted(np.array(needed), np.array(needed))
    assert needed == RULE.min_support or not rule.trusted(
        np.array(needed - 1), np.array(needed - 1)
    )


def test_why_nothing_was_filled_in():
    # Few present labels; none held out; a model that knows nothing; one that knows everything.
    rng = np.random.default_rng(0)
    labels = np.full((200, 4), -1)
    labels[:, 0] = np.arange(200) < 14
    labels[:, 2:] = rng.random((200, 2)) < 0.5
    scores = rng.random((200, 4))
    scores[:, 3] = 0.1 + 0.8 * labels[:, 3]
    thresholds = fit_thresholds(scores, labels, RULE, 'own')
    train = np.array([[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.95]])
    unknown = np.array([[True] * 4, [True] * 4])
    filled = thresholds.decide(train)
    present, absent = explain_nothing(thresholds, labels, unknown, filled, RULE)
    assert present[0] == absent[0] == '14 present labels, 25 needed'
    assert present[1] == '0 present labels, 25 needed'
    assert absent[1] == '0 absent labels, 25 needed'
    assert present[2] == 'never 90% right for sure' and absent[2] == present[2]
    assert present[3] is None and absent[3] == 'no score of 0.1 or less'
    nothing = CategoryThresholds.nothing(4)
    present, _ = explain_nothing(nothing, None, unknown, np.full((2, 4), -1), RULE)
    assert present == ['no held-out labels'] * 4
    assert explain_nothing(nothing, None, ~unknown, filled, RULE) == ([None] * 4, [None] * 4)


def test_a_share_that_takes_millions():
    rule = TrustRule(0.999999)
    needed = labels_needed(rule, 0.999999)
    assert needed == 2_705_541
    assert rule.lower_bound(np.array(needed), np.array(needed)) >= 0.999999 - 1e-12


@pytest.mark.parametrize('scope', ['auto', 'own', 'shared'])
def test_present_labels_alone_prove_nothing(scope):
    rng = np.random.default_rng(0)
    labels = (rng.random((300, 2)) < 0.5).astype(int)
    labels[:, 1] = np.where(labels[:, 1] == 1, 1, -1)
    scores = 0.2 + 0.6 * (labels == 1) + 0.1 * rng.random((300, 2))
    thresholds = fit_thresholds(scores, labels, RULE, scope)
    decided = thresholds.decide(np.full((4, 2), 0.99))
    assert (decided[:, 0] == 1).all() and (decided[:, 1] == -1).all()
    unknown, filled = labels == -1, labels.copy()
    present, _ = explain_nothing(thresholds, labels, unknown, filled, RULE)
    assert present[1] == 'no absent label held out'
