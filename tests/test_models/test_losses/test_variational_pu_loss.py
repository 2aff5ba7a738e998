import copy
import math
import multiprocessing

import numpy as np
import pytest
import torch
from helpers.losses import (
    CASES,
    LOGITS,
    TARGET,
    check_finite_at_extremes,
    check_float32_under_autocast,
    check_loops,
    draw_case,
    present_cost,
    sigmoid,
)
from helpers.two_processes import run_in_two_processes

from dsrb_mm.models.losses import VariationalPULoss


def deviation(values):
    if len(values) == 1:
        return 1.0
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))


def loops(alpha, gamma, earlier=(), reduction='sum'):
    """``earlier``: rows of numbers that join the unlabelled set."""

    def total(x, y, w):
        result = 0.0
        for c in range(len(x[0])):
            unlabelled = [row[c] for row in x] + [torch.tensor(row[c]) for row in earlier]
            spread = deviation([entry.item() for entry in unlabelled])
            temperature = min(max(alpha * spread, 0.1), 1)
            mean = sum(sigmoid(entry / temperature) for entry in unlabelled) / len(unlabelled)
            result = result + mean.item() ** gamma * torch.log(mean)
            positive = [b for b in range(len(x)) if y[b][c] == 1]
            for b in positive:
                cost = present_cost(x[b][c] / temperature)
                result = result + w[b][c] * cost / len(positive)
        return result if reduction == 'sum' else result / len(x[0])

    return total


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('settings', [(1, 0.55), (2, 0.85), (0.1, 0)])
@pytest.mark.parametrize('reduction', ['mean', 'sum'])
def test_value_and_gradients_agree_with_loops(name, settings, reduction):
    loss = VariationalPULoss(*settings, reduction=reduction)
    for seed in range(3):
        check_loops(loss, loops(*settings, reduction=reduction), name, seed, 1e-9)


def test_reference_value():
    assert VariationalPULoss()(LOGITS, TARGET) == pytest.approx(-1.243269, abs=1e-4)


def test_a_head_that_starts_at_zero_weights_has_moderate_gradients():
    logits = torch.full((8, 3), -3.0, requires_grad=True)
    target = torch.zeros(8, 3)
    target[0] = 1
    VariationalPULoss()(logits, target).backward()
    assert logits.grad.abs().max() <= 10 * (1 + 1 / 8)


def test_absent_labels_are_not_read():
    logits, target, _ = draw_case('mixed', 0)
    unknown = target.masked_fill(target == 0, -1)
    assert torch.equal(VariationalPULoss()(logits, target), VariationalPULoss()(logits, unknown))


def test_the_queue_holds_the_latest_images():
    loss, earlier = VariationalPULoss(queue=7), []
    for seed in range(4):
        state = copy.deepcopy(loss.state_dict())
        check_loops(loss, loops(1, 0.55, earlier), 'mixed', seed, 1e-5)
        earlier = (draw_case('mixed', seed)[0].float().tolist() + earlier)[:7]
        resumed = VariationalPULoss(queue=7)
        resumed.load_state_dict(state)
        resumed.see_labels(np.zeros((9, 4), np.int8))
        logits, target, _ = draw_case('mixed', seed)
        resumed(logits, target)
        assert torch.equal(resumed.latest, loss.latest)
    state = copy.deepcopy(loss.state_dict())
    loss.eval()(LOGITS.new_zeros(2, 4), LOGITS.new_zeros(2, 4))
    assert torch.equal(loss.latest, state['latest'])
    loss.forget()
    loss.see_labels(np.zeros((9, 4), np.int8))
    assert loss.latest.shape == (7, 4)
    check_loops(loss, loops(1, 0.55), 'mixed', 0, 1e-9)


def test_a_queue_makes_up_for_small_batches():
    # The mean probability over single images is a coin toss; over a queue it is the base rate.
    logits = torch.randn(400, 1, generator=torch.Generator().manual_seed(0))
    whole = VariationalPULoss()(logits, -torch.ones(400, 1))
    queued, alone = VariationalPULoss(queue=200), VariationalPULoss()
    losses = torch.tensor(
        [[f(x[None], -torch.ones(1, 1)) for f in (queued, alone)] for x in logits]
    )
    deviation = (losses[200:] - whole).abs().mean(0)
    assert deviation[0] < 0.1 * deviation[1]


@pytest.mark.skipif('fork' not in multiprocessing.get_all_start_methods(), reason='needs fork')
def test_all_processes_have_the_same_queue(tmp_path):
    logits = torch.randn(5, 3)

    def fill(rank):
        loss = VariationalPULoss(queue=4)
        own = logits[:2] if rank == 0 else logits[2:]
        loss(own, -torch.ones_like(own))
        assert torch.equal(loss.latest, logits[:4])

    assert run_in_two_processes(fill, tmp_path) == []


def test_categories_without_a_known_positive_get_the_first_term_alone():
    logits, target, _ = draw_case('negatives only', 0)
    expected = loops(1, 0.55)(
        [[entry.clone() for entry in row] for row in logits],
        [[-1] * 4] * 3,
        [[1.0] * 4] * 3,
    )
    assert VariationalPULoss()(logits, target) == pytest.approx(float(expected))


def test_extreme_logits_and_mixed_precision():
    for loss in (VariationalPULoss(), VariationalPULoss(queue=10)):
        check_finite_at_extremes(loss)
    check_float32_under_autocast(VariationalPULoss(queue=10))
    same = torch.full((3, 2), -1e4, requires_grad=True)  # no deviation, no probability
    VariationalPULoss()(same, torch.ones(3, 2)).backward()
    assert bool(same.grad.isfinite().all())


def test_wrong_settings():
    with pytest.raises(ValueError, match='expected queue to be 0 or more, but got -1'):
        VariationalPULoss(queue=-1)
    with pytest.raises(TypeError, match='expected queue to be an integer'):
        VariationalPULoss(queue=1.5)
