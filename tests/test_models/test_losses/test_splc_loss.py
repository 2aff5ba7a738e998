import copy

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
    entries,
    known_absent_gradients,
    present_cost,
    sigmoid,
)
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.models import TrainingProgress
from dsrb_mm.models.losses import SPLCLoss


def loops(margin, tau, gamma, corrects, reduction='mean'):
    def total(x, y, w):
        result = 0.0
        for a, b, weight in entries(x, y, w):
            label = 0.0 if b == -1 else b
            if b == -1 and corrects and sigmoid(a) > tau:
                label = 1.0
            shifted = a - margin if b == 1 else a
            p = sigmoid(shifted)
            present = (1 - p) ** gamma * present_cost(shifted)
            absent = p**gamma * absent_cost(shifted)
            result = result + weight * (label * present + (1 - label) * absent)
        return result if reduction == 'sum' else result / (len(x) * len(x[0]))

    return total


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('settings', [(1, 0.6, 2), (0, 0.5, 0), (0.5, 0.9, 1.5)])
@pytest.mark.parametrize('corrects', [False, True])
@pytest.mark.parametrize('reduction', ['mean', 'sum'])
def test_value_and_gradients_agree_with_loops(name, settings, corrects, reduction):
    loss = SPLCLoss(*settings, start_epoch=0 if corrects else 1, reduction=reduction)
    for seed in range(3):
        check_loops(loss, loops(*settings, corrects, reduction), name, seed)


def test_reference_value():
    loss = SPLCLoss(start_epoch=0, reduction='sum')
    assert loss(LOGITS, TARGET) == pytest.approx(0.188970, abs=1e-4)


def test_labels_are_corrected_from_start_epoch_on():
    loss, logits, unknown = SPLCLoss(start_epoch=1.5), torch.full((1, 2), 3.0), -torch.ones(1, 2)
    values = []
    for iteration in range(5):
        loss.advance(TrainingProgress(iteration, 2, 8))
        values.append(float(loss(logits, unknown)))
    assert values[0] == values[1] == values[2] > values[3] == values[4]


def test_a_resumed_training_goes_on_correcting():
    loss = SPLCLoss()
    loss.advance(TrainingProgress(2, 2, 8))
    resumed = SPLCLoss()
    resumed.load_state_dict(copy.deepcopy(loss.state_dict()))
    assert torch.equal(resumed(LOGITS, TARGET), loss(LOGITS, TARGET))
    assert not torch.equal(SPLCLoss()(LOGITS, TARGET), loss(LOGITS, TARGET))


@given(st.integers(0, 10_000))
def test_known_absent_labels_never_flip(seed):
    loss = SPLCLoss(tau=0.01, start_epoch=0)
    assert bool((known_absent_gradients(loss, seed) >= 0).all())


@pytest.mark.parametrize('gamma', [0, 0.5, 2])
def test_extreme_logits_and_mixed_precision(gamma):
    check_finite_at_extremes(SPLCLoss(gamma=gamma, start_epoch=0))
    check_float32_under_autocast(SPLCLoss(gamma=gamma, start_epoch=0))


def test_wrong_settings():
    with pytest.raises(ValueError, match='expected tau to lie in'):
        SPLCLoss(tau=1.1)
    with pytest.raises(ValueError, match='expected start_epoch to be 0 or more'):
        SPLCLoss(start_epoch=-1)
