import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles.wiring import draw_labels

from dsrb_mm.models.complements import FallingThreshold, LearnedThreshold


@pytest.mark.parametrize(
    ('epochs', 'value'),
    [(-5, 0.95), (-0.5, 0.95), (0, 0.95), (0.99, 0.95), (1, 0.925), (7.5, 0.775), (8, 0.75)]
    + [(9, 0.75), (15, 0.75)],
)
def test_published_threshold_falls_every_epoch(epochs, value):
    threshold = FallingThreshold()
    threshold.follow(epochs)
    assert threshold.value.item() == pytest.approx(value)
    assert 'value' in threshold.state_dict()
    assert threshold.loss(torch.zeros(1, 1), torch.ones(1, 1)) is None


@given(seed=st.integers(0, 1000), start=st.floats(0.05, 0.95))
def test_loss_of_the_learned_threshold_agrees_with_the_formula(seed, start):
    torch.manual_seed(seed)
    score = torch.rand(3, 4).double()
    target = draw_labels(3, 4, seed, (1, 0, -1)).double()
    threshold = LearnedThreshold(start).double()
    start = threshold.value.item()  # as float32
    loss = threshold.loss(score, target)
    total, gradient, known = 0.0, 0.0, 0
    for n in range(3):
        for c in range(4):
            y = target[n, c].item()
            if y == -1:
                continue
            v = min(1.0, max(0.0, score[n, c].item() - start))
            p = 1 / (1 + math.exp(-v))
            total += -y * math.log(p) - (1 - y) * math.log(1 - p)
            gradient += -(p - y) if 0 < v < 1 else 0
            known += 1
    assert loss.item() == pytest.approx(0.1 * total / max(known, 1), abs=1e-12)
    loss.backward()
    assert threshold.value.grad.item() == pytest.approx(0.1 * gradient / max(known, 1), abs=1e-12)


def test_positives_above_it_lower_it_and_absent_ones_raise_it():
    for label, sign in ((1.0, 1), (0.0, -1)):
        threshold = LearnedThreshold(0.5)
        threshold.loss(torch.tensor([[0.8, 0.2]]), torch.tensor([[label, label]])).backward()
        assert math.copysign(1, threshold.value.grad.item()) == sign


def test_from_one_only_the_weight_decay_of_adam_moves_it():
    score, target = torch.tensor([[0.9, 0.99]]), torch.ones(1, 2)
    for optimiser, moved in ((torch.optim.Adam, True), (torch.optim.AdamW, False)):
        threshold = LearnedThreshold()
        optimiser = optimiser(threshold.parameters(), lr=1e-3, weight_decay=5e-4)
        for _ in range(10):
            optimiser.zero_grad()
            threshold.loss(score, target).backward()
            optimiser.step()
        assert (threshold.value.item() < 0.9901) == moved


def test_scores_get_no_gradient_and_no_known_label_gives_zero():
    threshold = LearnedThreshold(0.5)
    score = torch.rand(2, 3, requires_grad=True)
    loss = threshold.loss(score, torch.full((2, 3), -1.0))
    loss.backward()
    assert loss == 0 and threshold.value.grad == 0 and score.grad is None


def test_a_fixed_threshold_has_no_loss():
    threshold = LearnedThreshold(0.7, learnable=False)
    assert threshold.loss(torch.rand(1, 2), torch.ones(1, 2)) is None
    assert not threshold.value.requires_grad


@pytest.mark.parametrize(
    ('kind', 'options', 'message'),
    [
        (FallingThreshold, dict(start=1.5), r'start to lie in \[0, 1\], but got 1.5'),
        (FallingThreshold, dict(floor=0.96), r'floor to lie in \[0, 0.95\], but got 0.96'),
        (FallingThreshold, dict(step=-1), 'step to lie in'),
        (LearnedThreshold, dict(start=-0.1), r'start to lie in \[0, 1\]'),
        (LearnedThreshold, dict(loss_weight=-1), 'loss_weight to be 0 or more'),
    ],
)
def test_bad_arguments(kind, options, message):
    with pytest.raises(ValueError, match=message):
        kind(**options)
