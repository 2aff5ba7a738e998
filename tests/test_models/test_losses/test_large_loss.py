import copy
import math
from fractions import Fraction

import numpy as np
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
    draw_case,
    entries,
    known_absent_gradients,
    present_cost,
)
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.models import TrainingProgress
from dsrb_mm.models.losses import LargeLoss

MODES = ['reject', 'correct', 'correct_permanently']


def after_epochs(loss, epochs):
    loss.advance(TrainingProgress(7 * epochs, 7, 70))
    return loss


def ready(mode, delta_rel, epochs, images=3, classes=4, **kwargs):
    """A loss in its epoch number ``epochs`` (from 0), with an empty bank."""
    loss = LargeLoss(mode, delta_rel, **kwargs)
    for part in loss.modules():
        if hasattr(part, 'see_labels'):
            part.see_labels(-np.ones((images, classes), np.int8))
    return after_epochs(loss, epochs)


def number(mode, delta_rel, epochs, size):
    """k in exact arithmetic."""
    if epochs == 0:
        return 0
    turns = 1 if mode == 'correct_permanently' else epochs
    return math.ceil(Fraction(str(delta_rel)) / 100 * turns * size)


def loops(mode, k, reduction='mean'):
    def total(x, y, w):
        unknown = sorted((absent_cost(a).item() for a, b, _ in entries(x, y, w) if b == -1))
        limit = math.inf
        if k and unknown:
            limit = unknown[-min(k, len(unknown))]
        result = 0.0
        for a, b, weight in entries(x, y, w):
            cost = cross_entropy(a, 0.0 if b == -1 else b)
            if b == -1 and absent_cost(a) >= limit:
                cost = 0 * a if mode == 'reject' else present_cost(a)
            result = result + weight * cost
        return result if reduction == 'sum' else result / (len(x) * len(x[0]))

    return total


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize(('delta_rel', 'epochs'), [(10, 0), (10, 1), (10, 3), (90, 2), (0, 4)])
def test_value_and_gradients_agree_with_loops(name, mode, delta_rel, epochs):
    for seed, reduction in ((0, 'mean'), (1, 'sum')):
        images, classes = draw_case(name, seed)[0].shape
        loss = ready(mode, delta_rel, epochs, images, classes, reduction=reduction)
        k = number(mode, delta_rel, epochs, images * classes)
        indices = torch.arange(images)
        check_loops(loss, loops(mode, k, reduction), name, seed, indices=indices)


@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('delta_rel', [0.1, 0.2, 0.3, 0.5])
def test_k_over_the_epochs(mode, delta_rel):
    loss = LargeLoss(mode, delta_rel)
    for epoch in range(20):
        for iteration in (0, 3, 6):
            loss.advance(TrainingProgress(7 * epoch + iteration, 7, 140))
            assert loss.number(16 * 80) == number(mode, delta_rel, epoch, 16 * 80)


def test_reference_values():
    # One of six entries after one epoch.
    reject, correct = (ready(mode, 10, 1) for mode in ('reject', 'correct'))
    assert reject(LOGITS, TARGET) == pytest.approx(0.335879, abs=1e-4)
    assert correct(LOGITS, TARGET) == pytest.approx(0.369447, abs=1e-4)


@given(st.integers(0, 10_000), st.sampled_from(MODES))
def test_more_than_all_unknown_entries_never_touches_known_ones(seed, mode):
    logits, target, _ = draw_case('soft', seed)
    loss = ready(mode, 100, 3)
    logits.requires_grad_()
    loss(logits, target, indices=torch.arange(3)).backward()
    expected = (logits.sigmoid() - target).detach() / target.numel()
    torch.testing.assert_close(logits.grad[target >= 0], expected[target >= 0])
    assert bool((logits.grad[target == -1] <= 0).all())  # dropped, or taken for present


@given(st.integers(0, 10_000), st.sampled_from(MODES))
def test_known_absent_labels_never_flip(seed, mode):
    loss = ready(mode, 100, 3)
    gradients = known_absent_gradients(loss, seed, indices=torch.arange(3))
    assert bool((gradients > 0).all())


def three_unknown(values):
    logits = torch.tensor([values], requires_grad=True)
    return logits, torch.full_like(logits, -1).detach()


def test_corrections_are_kept_in_the_bank_and_the_checkpoint():
    loss = ready('correct_permanently', 60, 1, images=5, classes=3)  # k = 2
    logits, target = three_unknown([3.0, 2.0, -1.0])
    loss(logits, target, indices=torch.tensor([4]))
    # The k-th largest itself is taken for present in this batch alone, as published.
    expected = torch.zeros(5, 3)
    expected[4, 0] = 1
    assert torch.equal(loss.corrected.values.float(), expected)

    resumed = LargeLoss('correct_permanently', 60)
    resumed.load_state_dict(copy.deepcopy(loss.state_dict()))
    resumed.see_labels(-np.ones((5, 3), np.int8))
    resumed.corrected.see_labels(-np.ones((5, 3), np.int8))
    assert torch.equal(resumed.corrected.values, loss.corrected.values)
    assert resumed.number(100) == loss.number(100) == 60
    for one in (loss, resumed):
        # Small now, and still present. Image 3 has the same logits and no correction.
        logits, target = three_unknown([-4.0, 0.0, 1.0])
        one(logits, target, indices=torch.tensor([4])).backward()
        assert logits.grad[0, 0] < 0
        logits, target = three_unknown([-4.0, 0.0, 1.0])
        one(logits, target, indices=torch.tensor([3])).backward()
        assert logits.grad[0, 0] > 0


def test_more_corrections_than_unknown_labels():
    loss = ready('correct_permanently', 100, 1, images=5, classes=3)  # k = 3
    logits = torch.tensor([[3.0, 2.0, 5.0]])
    loss(logits, torch.tensor([[-1.0, -1.0, 0.0]]), indices=torch.tensor([4]))
    assert loss.corrected.values[4].tolist() == [1, 0, 0]


def test_evaluation_corrects_nothing_for_good():
    loss = ready('correct_permanently', 60, 1, images=5, classes=3).eval()
    logits, target = three_unknown([3.0, 2.0, -1.0])
    loss(logits, target, indices=torch.tensor([4]))
    assert not loss.corrected.values.any()


def test_a_known_absent_label_is_stronger_than_the_bank():
    loss = ready('correct_permanently', 60, 0, images=2, classes=3)
    loss.corrected.write(torch.tensor([1]), torch.ones(1, 3))
    logits = torch.zeros(1, 3, requires_grad=True)
    loss(logits, torch.tensor([[0.0, -1, 1]]), indices=torch.tensor([1])).backward()
    assert logits.grad[0].sign().tolist() == [1, -1, -1]


@pytest.mark.parametrize('mode', MODES)
def test_extreme_logits_and_mixed_precision(mode):
    loss = ready(mode, 30, 2, images=4, classes=8)
    check_finite_at_extremes(loss, indices=torch.arange(4))
    loss = ready(mode, 30, 2)
    check_float32_under_autocast(loss, indices=torch.arange(3))


def test_wrong_settings():
    with pytest.raises(ValueError, match="expected mode to be one of .* but got 'drop'"):
        LargeLoss('drop')
    with pytest.raises(ValueError, match='expected delta_rel to lie in'):
        LargeLoss(delta_rel=-0.1)
    with pytest.raises(RuntimeError, match='MethodHook'):
        LargeLoss('correct_permanently')(LOGITS, TARGET, indices=torch.arange(2))
    with pytest.raises(RuntimeError, match='sample_idx'):
        ready('correct_permanently', 10, 1, 2, 3)(LOGITS, TARGET)
