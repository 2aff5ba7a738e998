import copy

import numpy as np
import pytest
import torch
from helpers.losses import (
    CASES,
    check_finite_at_extremes,
    check_float32_under_autocast,
    check_loops,
    cross_entropy,
    draw_case,
    entries,
    sigmoid,
)

from dsrb_mm.models.losses import ROLELoss


def penalty(x, expected):
    number = sum(sigmoid(a) for row in x for a in row) / len(x)
    return (number - expected) ** 2 / len(x[0]) ** 2


def known_cost(x, y, w):
    size = len(x) * len(x[0])
    costs = [weight * cross_entropy(a, b) for a, b, weight in entries(x, y, w) if b != -1]
    return sum(costs) / size


def agreement(x, target):
    """Cross-entropy of logits against the probabilities of others, which carry no gradient."""
    pairs = [(a, t) for rows in zip(x, target, strict=True) for a, t in zip(*rows, strict=True)]
    return sum(cross_entropy(a, sigmoid(t).detach()) for a, t in pairs) / len(pairs)


def table_terms(table, x, y, expected):
    ones = [[1.0] * len(row) for row in x]
    return known_cost(table, y, ones) + agreement(table, x) + penalty(table, expected)


def loops(table, expected, reduction='mean'):
    def total(x, y, w):
        own = known_cost(x, y, w) + agreement(x, table) + penalty(x, expected)
        size = len(x) * len(x[0]) if reduction == 'sum' else 1
        return size * (own + table_terms(table, x, y, expected).detach()) / 2

    return total


def scalars(table):
    return [[entry.clone().requires_grad_() for entry in row] for row in table]


def ready(images=3, classes=4, **kwargs):
    loss = ROLELoss(**{'expected_positives': 1.5, **kwargs})
    labels = np.zeros((images, classes), np.int8)
    loss.see_labels(labels)
    loss.labels.see_labels(labels)
    return loss


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('reduction', ['mean', 'sum'])
def test_value_and_gradients_agree_with_loops(name, reduction):
    for seed in range(3):
        images, classes = draw_case(name, seed)[0].shape
        loss = ready(images, classes, reduction=reduction)
        values = torch.randn(images, classes).half()
        loss.labels.write(torch.arange(images), values.float())
        table = scalars(values.double())
        indices = torch.arange(images)
        check_loops(loss, loops(table, 1.5, reduction), name, seed, indices=indices)


@pytest.mark.parametrize('reduction', ['mean', 'sum'])
def test_steps_of_the_table_agree_with_loops(reduction):
    loss = ready(images=7, label_lr=0.5, reduction=reduction)
    indices, expected = torch.tensor([5, 1, 2]), torch.zeros(3, 4, dtype=torch.float64)
    for seed in range(4):
        logits, target, _ = draw_case('soft', seed)
        loss(logits, target, indices=indices)
        table = scalars(expected)
        terms = table_terms(table, scalars(logits), target.tolist(), 1.5)
        flat = [entry for row in table for entry in row]
        gradient = torch.stack(torch.autograd.grad(terms, flat)).reshape(3, 4)
        expected = expected - 0.5 * expected.numel() * gradient
        # The bank is kept in half precision.
        torch.testing.assert_close(loss.labels.read(indices), expected.float(), atol=4e-3, rtol=0)
    assert not loss.labels.values[[0, 3, 4, 6]].any()


def test_the_table_moves_towards_labels_and_predictions():
    loss = ready(images=1, expected_positives=2.0)
    target = torch.tensor([[1.0, 0.0, -1.0, -1.0]])
    logits = torch.tensor([[-2.0, 2.0, 3.0, -3.0]])  # wrong about the known ones
    before = loss.labels.read(torch.tensor([0]))
    for _ in range(30):
        loss(logits, target, indices=torch.tensor([0]))
    change = (loss.labels.read(torch.tensor([0])) - before)[0]
    assert change[0] > 0 > change[1]
    assert change[2] > 0 > change[3]


def test_the_table_never_changes_what_known_labels_say():
    logits, target, _ = draw_case('complete', 0)
    losses = []
    for value in (-6.0, 6.0):
        loss = ready().eval()
        loss.labels.write(torch.arange(3), torch.full((3, 4), value))
        x = logits.clone().requires_grad_()
        loss(x, target, indices=torch.arange(3)).backward()
        # The table's own term moves all logits towards value; what is left is that of the labels.
        towards = (x.detach().sigmoid() - torch.tensor(value).sigmoid()) / 12 / 2
        losses.append(x.grad - towards)
    torch.testing.assert_close(losses[0], losses[1], atol=1e-6, rtol=0)


def test_evaluation_leaves_the_table_alone_and_a_checkpoint_keeps_it():
    logits, target, _ = draw_case('mixed', 0)
    loss = ready()
    loss(logits, target, indices=torch.arange(3))
    state = copy.deepcopy(loss.state_dict())
    loss.eval()
    loss(logits, target, indices=torch.arange(3))
    assert torch.equal(loss.labels.values, state['labels.values'])
    resumed = ROLELoss(1.5)
    resumed.load_state_dict(state)
    resumed.labels.see_labels(np.zeros((3, 4), np.int8))
    for one in (loss.train(), resumed):
        one(logits, target, indices=torch.arange(3))
    assert torch.equal(loss.labels.values, resumed.labels.values)


def test_extreme_logits_and_mixed_precision():
    check_finite_at_extremes(ready(4, 8), indices=torch.arange(4))
    check_float32_under_autocast(ready(), indices=torch.arange(3))


def test_what_it_needs():
    logits, target, _ = draw_case('mixed', 0)
    with pytest.raises(RuntimeError, match='sample_idx'):
        ready()(logits, target)
    with pytest.raises(RuntimeError, match='MethodHook'):
        ROLELoss(1.5)(logits, target, indices=torch.arange(3))
    with pytest.raises(ValueError, match='expected label_lr to be 0 or more'):
        ROLELoss(1.5, label_lr=-1)
