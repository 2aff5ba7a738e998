import pytest
import torch
from helpers.losses import (
    CASES,
    LOGITS,
    TARGET,
    check_finite_at_extremes,
    check_float32_under_autocast,
    check_loops,
    check_unknown_are_ignored,
    entries,
    present_cost,
    sigmoid,
)
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.models.losses import PartialAsymmetricLoss, PartialBCELoss


def loops(gamma_pos, gamma_neg, clip, reduction='mean'):
    def total(x, y, w):
        result, number = 0.0, 0
        for a, b, weight in entries(x, y, w):
            if b == -1:
                continue
            p = sigmoid(a)
            q = p - clip if p > clip else 0 * p
            present = (1 - p.detach()) ** gamma_pos * present_cost(a)
            absent = q.detach() ** gamma_neg * -torch.log(1 - q)
            result = result + weight * (b * present + (1 - b) * absent)
            number += 1
        return result if reduction == 'sum' else result / max(1, number)

    return total


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize(
    'settings',
    [(1, 4, 0.05), (0, 4, 0.05), (0, 0, 0), (0, 0, 0.3), (2, 1, 0), (1, 2, 0.3), (0.5, 1.5, 0.9)],
)
@pytest.mark.parametrize('reduction', ['mean', 'sum'])
def test_value_and_gradients_agree_with_loops(name, settings, reduction):
    loss = PartialAsymmetricLoss(*settings, reduction)
    for seed in range(3):
        check_loops(loss, loops(*settings, reduction), name, seed)


def test_reference_value():
    loss = PartialAsymmetricLoss(0, 4, 0.05, 'sum')
    assert loss(LOGITS, TARGET) == pytest.approx(0.127497, abs=1e-4)


def test_without_focusing_and_clip_it_is_binary_cross_entropy():
    loss = PartialAsymmetricLoss(0, 0, 0)
    assert loss(LOGITS, TARGET) == pytest.approx(float(PartialBCELoss()(LOGITS, TARGET)))


@given(st.integers(0, 10_000))
def test_unknown_labels_are_ignored(seed):
    check_unknown_are_ignored(PartialAsymmetricLoss(), seed)


@given(st.integers(0, 10_000), st.floats(0, 6), st.floats(0, 6), st.floats(0, 0.9))
def test_an_absent_label_never_pulls_its_logit_up(seed, gamma_pos, gamma_neg, clip):
    logits = 5 * torch.randn(4, 5, generator=torch.Generator().manual_seed(seed))
    logits.requires_grad_()
    PartialAsymmetricLoss(gamma_pos, gamma_neg, clip)(logits, torch.zeros(4, 5)).backward()
    assert bool((logits.grad >= 0).all())


@pytest.mark.parametrize('gamma', [0, 0.5, 4])
@pytest.mark.parametrize('clip', [0, 1e-9, 0.05, 0.99])
def test_extreme_logits(gamma, clip):
    check_finite_at_extremes(PartialAsymmetricLoss(gamma, gamma, clip))


def test_mixed_precision():
    check_float32_under_autocast(PartialAsymmetricLoss())


def test_small_losses_are_exact_in_float32():
    # 1 - sigmoid(15) keeps two digits in float32.
    logits = torch.tensor([[15.0]])
    loss = PartialAsymmetricLoss(gamma_pos=2, reduction='sum')
    exact = loss(logits.double(), torch.ones(1, 1))
    assert loss(logits, torch.ones(1, 1)) == pytest.approx(float(exact), rel=1e-5, abs=0)


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(gamma_pos=-1), 'expected gamma_pos to be 0 or more, but got -1'),
        (dict(gamma_neg=-1), 'expected gamma_neg'),
        (dict(clip=1.0), 'expected clip to lie in'),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        PartialAsymmetricLoss(**settings)
