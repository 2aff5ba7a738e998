import numpy as np
import pytest
import torch
from helpers.losses import (
    CASES,
    LOGITS,
    POSITIVE_ONLY,
    check_finite_at_extremes,
    check_float32_under_autocast,
    check_loops,
    cross_entropy,
    entries,
    sigmoid,
)

from dsrb_mm.models.losses import ExpectedPositivesLoss


def penalty(x, expected):
    number = sum(sigmoid(a) for row in x for a in row) / len(x)
    return (number - expected) ** 2 / len(x[0]) ** 2


def loops(expected, reduction='mean'):
    def total(x, y, w):
        known = 0.0
        for a, b, weight in entries(x, y, w):
            if b != -1:
                known = known + weight * cross_entropy(a, b)
        size = len(x) * len(x[0])
        result = known / size + penalty(x, expected)
        return result * size if reduction == 'sum' else result

    return total


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('expected', [0, 1.5, 2.75])
@pytest.mark.parametrize('reduction', ['mean', 'sum'])
def test_value_and_gradients_agree_with_loops(name, expected, reduction):
    loss = ExpectedPositivesLoss(expected, reduction)
    for seed in range(3):
        check_loops(loss, loops(expected, reduction), name, seed)


def test_reference_value():
    # Computed with all absent labels unknown, which is what the method was published for.
    assert ExpectedPositivesLoss(1)(LOGITS, POSITIVE_ONLY) == pytest.approx(0.053947, abs=1e-4)


def test_expected_positives_are_counted_on_known_labels():
    loss = ExpectedPositivesLoss('auto')
    # Shares of present labels: 2 of 3, 0 of 1, none known.
    loss.see_labels(np.array([[1, 0, -1], [1, -1, -1], [0, -1, -1]], np.int8))
    assert loss.expected_positives == pytest.approx(2 / 3)
    resumed = ExpectedPositivesLoss('auto')
    resumed.load_state_dict(loss.state_dict())
    assert resumed.expected_positives == pytest.approx(2 / 3)


def test_labels_that_are_needed():
    positive = np.array([[1, -1, -1]], np.int8)
    with pytest.raises(ValueError, match='known to be absent'):
        ExpectedPositivesLoss('auto').see_labels(positive)
    loss = ExpectedPositivesLoss(1.5)
    loss.see_labels(positive)
    assert loss.expected_positives == 1.5


def test_extreme_logits_and_mixed_precision():
    check_finite_at_extremes(ExpectedPositivesLoss(2.9))
    check_float32_under_autocast(ExpectedPositivesLoss(2.9))


def test_unknown_labels_move_as_one_towards_the_expected_number():
    for logit, sign in ((-5.0, -1), (5.0, 1)):
        logits = torch.full((2, 4), logit, requires_grad=True)
        ExpectedPositivesLoss(2.0)(logits, -torch.ones(2, 4)).backward()
        assert bool((logits.grad.sign() == sign).all())


def test_wrong_settings():
    with pytest.raises(ValueError, match='expected expected_positives to be 0 or more'):
        ExpectedPositivesLoss(-1)
    with pytest.raises(TypeError, match="expected expected_positives to be a number.*'none'"):
        ExpectedPositivesLoss('none')


def test_the_number_of_the_config_counts_whatever_a_checkpoint_brings():
    loss = ExpectedPositivesLoss(1.5)
    loss.load_state_dict(ExpectedPositivesLoss(2.9).state_dict())
    loss.see_labels(np.array([[1, 0]], np.int8))
    assert loss.expected_positives == 1.5
