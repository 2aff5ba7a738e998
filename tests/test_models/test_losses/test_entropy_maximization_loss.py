import pytest
import torch
from helpers.losses import (
    CASES,
    LOGITS,
    TARGET,
    absent_cost,
    check_finite_at_extremes,
    check_float32_under_autocast,
    check_loops,
    cross_entropy,
    entries,
    known_absent_gradients,
    present_cost,
    sigmoid,
)
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.models.losses import EntropyMaximizationLoss


def loops(alpha, reduction='mean'):
    def total(x, y, w):
        result = 0.0
        for a, b, weight in entries(x, y, w):
            if b == -1:
                p = sigmoid(a)
                cost = -alpha * (p * present_cost(a) + (1 - p) * absent_cost(a))
            else:
                cost = cross_entropy(a, b)
            result = result + weight * cost
        return result if reduction == 'sum' else result / (len(x) * len(x[0]))

    return total


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('alpha', [0, 0.1, 2])
@pytest.mark.parametrize('reduction', ['mean', 'sum'])
def test_value_and_gradients_agree_with_loops(name, alpha, reduction):
    for seed in range(3):
        check_loops(EntropyMaximizationLoss(alpha, reduction), loops(alpha, reduction), name, seed)


def test_reference_value():
    assert EntropyMaximizationLoss(0.1)(LOGITS, TARGET) == pytest.approx(0.064507, abs=1e-4)


@given(st.floats(-8, 8))
def test_unknown_labels_are_pulled_towards_uncertainty(logit):
    logits = torch.tensor([[logit]], dtype=torch.float64, requires_grad=True)
    EntropyMaximizationLoss()(logits, torch.full((1, 1), -1.0)).backward()
    assert float(logits.grad) * logit >= 0


@given(st.integers(0, 10_000))
def test_known_absent_labels_never_pull_up(seed):
    assert bool((known_absent_gradients(EntropyMaximizationLoss(), seed) > 0).all())


def test_extreme_logits_and_mixed_precision():
    check_finite_at_extremes(EntropyMaximizationLoss())
    check_float32_under_autocast(EntropyMaximizationLoss())


def test_wrong_settings():
    with pytest.raises(ValueError, match='expected alpha to be 0 or more, but got -0.1'):
        EntropyMaximizationLoss(alpha=-0.1)
