import pytest
from helpers.losses import (
    CASES,
    LOGITS,
    POSITIVE_ONLY,
    TARGET,
    check_finite_at_extremes,
    check_float32_under_autocast,
    check_loops,
    cross_entropy,
    entries,
    known_absent_gradients,
)
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.models.losses import AssumeNegativeLoss


def loops(smoothing=0.0, weak=False, reduction='mean'):
    def total(x, y, w):
        result = 0.0
        for a, b, weight in entries(x, y, w):
            label = 0.0 if b == -1 else b
            smooth = label * (1 - smoothing) + (1 - label) * smoothing
            cost = cross_entropy(a, smooth)
            if weak and b == -1:
                cost = cost / max(1, len(x[0]) - 1)
            result = result + weight * cost
        return result if reduction == 'sum' else result / (len(x) * len(x[0]))

    return total


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('smoothing', [0, 0.1, 0.4])
@pytest.mark.parametrize('weak', [False, True])
@pytest.mark.parametrize('reduction', ['mean', 'sum'])
def test_value_and_gradients_agree_with_loops(name, smoothing, weak, reduction):
    loss = AssumeNegativeLoss(smoothing, weak, reduction)
    for seed in range(3):
        check_loops(loss, loops(smoothing, weak, reduction), name, seed)


def test_reference_values():
    assert AssumeNegativeLoss()(LOGITS, TARGET) == pytest.approx(0.619447, abs=1e-4)
    smooth = AssumeNegativeLoss(label_smoothing=0.1)
    assert smooth(LOGITS, TARGET) == pytest.approx(0.677781, abs=1e-4)
    # Computed with all absent labels unknown, which is what the method was published for.
    weak = AssumeNegativeLoss(weak=True)
    assert weak(LOGITS, POSITIVE_ONLY) == pytest.approx(0.320301, abs=1e-4)


@given(st.integers(0, 10_000), st.booleans())
def test_known_absent_labels_never_pull_up(seed, weak):
    assert bool((known_absent_gradients(AssumeNegativeLoss(weak=weak), seed) > 0).all())


@pytest.mark.parametrize('settings', [dict(), dict(weak=True), dict(label_smoothing=0.1)])
def test_extreme_logits_and_mixed_precision(settings):
    check_finite_at_extremes(AssumeNegativeLoss(**settings))
    check_float32_under_autocast(AssumeNegativeLoss(**settings))


def test_wrong_settings():
    with pytest.raises(ValueError, match='expected label_smoothing to lie in'):
        AssumeNegativeLoss(label_smoothing=0.5)
    with pytest.raises(TypeError, match='expected weak to be True or False'):
        AssumeNegativeLoss(weak=1)
