import pytest
import torch
from helpers.losses import (
    CASES,
    LOGITS,
    TARGET,
    check_finite_at_extremes,
    check_float32_under_autocast,
    check_loops,
    entries,
    known_absent_gradients,
    present_cost,
    sigmoid,
)
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.models.losses import HillLoss


def loops(margin, lam, reduction='mean'):
    def total(x, y, w):
        result = 0.0
        for a, b, weight in entries(x, y, w):
            label = 0.0 if b == -1 else b
            p, q = sigmoid(a), sigmoid(a - margin)
            present = (1 - q) ** 2 * present_cost(a - margin)
            absent = (lam - p) * p**2
            result = result + weight * (label * present + (1 - label) * absent)
        return result if reduction == 'sum' else result / (len(x) * len(x[0]))

    return total


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('settings', [(1, 1.5), (0, 1), (0.5, 3)])
@pytest.mark.parametrize('reduction', ['mean', 'sum'])
def test_value_and_gradients_agree_with_loops(name, settings, reduction):
    for seed in range(3):
        check_loops(HillLoss(*settings, reduction), loops(*settings, reduction), name, seed)


def test_reference_value():
    assert HillLoss(reduction='sum')(LOGITS, TARGET) == pytest.approx(1.087472, abs=1e-4)


def test_the_gradient_of_unknown_labels_falls_where_they_look_present():
    logits = torch.tensor([[-6.0, 0.7, 6.0]], requires_grad=True)
    HillLoss()(logits, torch.full((1, 3), -1.0)).backward()
    low, middle, high = logits.grad[0].tolist()
    assert 0 <= low < middle > high >= 0


@given(st.integers(0, 10_000))
def test_known_absent_labels_never_pull_up(seed):
    assert bool((known_absent_gradients(HillLoss(), seed) >= 0).all())


def test_extreme_logits_and_mixed_precision():
    check_finite_at_extremes(HillLoss())
    check_float32_under_autocast(HillLoss())


def test_wrong_settings():
    with pytest.raises(ValueError, match='expected lam to be 1 or more, but got 0.5'):
        HillLoss(lam=0.5)
