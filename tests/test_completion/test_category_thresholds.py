import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.completion import CategoryThresholds, TrustRule, fill_in, fit_thresholds


def held_out(seed, images=60, categories=6, skill=3.0):
    """Scores of a model of some skill, and labels of which some are unknown."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((images, categories)) < np.linspace(0.03, 0.6, categories)).astype(int)
    logits = skill * (labels - 0.5) + rng.normal(size=labels.shape)
    scores = np.round(1 / (1 + np.exp(-logits)), 2)
    labels[rng.random(labels.shape) < rng.choice([0, 0.3, 0.9])] = -1
    return scores, labels


def check_group(right, missed, present, rule):
    """That a group of held-out decisions keeps the rule, shares taken as they stand."""
    assert len(right) >= rule.min_support
    assert right.mean() >= rule.precision - 1e-9
    if missed is not None:
        assert missed <= rule.missed_limit * present + 1e-9


@pytest.mark.parametrize('scope', ['auto', 'own', 'shared'])
@given(
    seed=st.integers(0, 10_000),
    precision=st.sampled_from([0.5, 0.8, 0.9, 0.95]),
    confidence=st.sampled_from([0.5, 0.8, 0.95]),
    skill=st.sampled_from([0.0, 2.0, 5.0]),
)
def test_held_out_decisions_keep_the_rule(scope, seed, precision, confidence, skill):
    scores, labels = held_out(seed, skill=skill)
    rule = TrustRule(precision, None, confidence, 3)
    found = fit_thresholds(scores, labels, rule, scope)
    decided, known = found.decide(scores), labels >= 0
    for source, value in ((found.present_source, 1), (found.absent_source, 0)):
        source = np.array(source)
        assert (decided[:, source == 'none'] != value).all()
        columns = [[c] for c in np.flatnonzero(source == 'own')]
        columns += [np.flatnonzero(source == 'shared')] if (source == 'shared').any() else []
        for group in columns:
            chosen = (decided == value) & known & np.isin(np.arange(len(source)), group)
            # Present labels decided "present" by a category's own threshold are not missed.
            check_group(
                labels[chosen] == value,
                (labels[chosen] == 1).sum() if value == 0 else None,
                (labels[:, group] == 1).sum(),
                rule,
            )


@given(seed=st.integers(0, 1000))
def test_known_labels_are_never_changed(seed):
    scores, labels = held_out(seed)
    decided = fit_thresholds(scores, labels, TrustRule(0.8, None, 0.5, 2)).decide(scores)
    filled = fill_in(labels, decided)
    assert (filled[labels >= 0] == labels[labels >= 0]).all()
    assert (filled[labels < 0] == decided[labels < 0]).all()


def test_few_labels_share_a_threshold():
    rng = np.random.default_rng(0)
    labels = (rng.random((40, 20)) < 0.1).astype(int)
    scores = 0.8 * labels + 0.1 * rng.random(labels.shape)
    rule = TrustRule(0.9, None, 0.95, 10)
    auto = fit_thresholds(scores, labels, rule)
    assert set(auto.present_source) == {'shared'}
    assert len({threshold.value for threshold in auto.present}) == 1
    assert (auto.decide(scores)[labels == 1] == 1).all()
    assert set(fit_thresholds(scores, labels, rule, 'own').present_source) == {'none'}


def test_refuted_and_unlabelled_categories_stay_open():
    rng = np.random.default_rng(0)
    labels = (rng.random((200, 12)) < 0.1).astype(int)
    scores = 0.8 * labels + 0.1 * rng.random(labels.shape)
    scores[:, 3] = 0.95  # sure of a category that is rarely there
    labels[:, 4] = -1
    found = fit_thresholds(scores, labels, TrustRule(0.9, None, 0.95, 10), 'shared')
    sources = [found.present_source[c] for c in range(12)]
    assert sources[3] == sources[4] == found.absent_source[4] == 'none'
    assert sources[0] == 'shared' and set(sources[5:]) == {'shared'}
    assert (found.decide(np.ones((2, 12)))[:, [3, 4]] == -1).all()


def test_own_threshold_counts_before_the_shared_one():
    present = CategoryThresholds.nothing(1)
    both = CategoryThresholds(
        (present.present[0]._replace(value=0.3),),
        (present.absent[0]._replace(value=0.6),),
        ('shared',),
        ('own',),
    )
    assert both.decide(np.array([[0.2], [0.5], [0.7]])).ravel().tolist() == [0, 0, 1]
    swapped = CategoryThresholds(both.present, both.absent, ('own',), ('shared',))
    assert swapped.decide(np.array([[0.2], [0.5], [0.7]])).ravel().tolist() == [0, 1, 1]


def test_nothing_known_decides_nothing():
    found = fit_thresholds(np.random.rand(5, 3), np.full((5, 3), -1), TrustRule())
    assert (found.decide(np.array([[0.0, 0.5, 1.0]])) == -1).all()


@pytest.mark.parametrize(
    ('scores', 'labels', 'scope', 'message'),
    [
        (np.zeros((2, 2)), np.zeros((2, 3)), 'auto', 'one shape'),
        (np.full((2, 2), np.nan), np.zeros((2, 2)), 'auto', 'finite'),
        (np.zeros((2, 2)), np.full((2, 2), 2), 'auto', '1 .present'),
        (np.zeros((2, 2)), np.zeros((2, 2)), 'all', "'all'"),
    ],
)
def test_bad_input(scores, labels, scope, message):
    with pytest.raises(ValueError, match=message):
        fit_thresholds(scores, labels, TrustRule(), scope)
    with pytest.raises(ValueError, match='N, 2'):
        CategoryThresholds.nothing(2).decide(np.zeros((2, 3)))
