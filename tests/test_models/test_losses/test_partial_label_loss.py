"""The base of losses, on the hinge loss of its docstring and on a loss that reads everything."""

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from oracles.wiring import draw_labels

from dsrb_mm.models import PartialLabelLoss


class PartialHingeLoss(PartialLabelLoss):
    def entry_losses(self, logits, target):
        return (1 - (2 * target - 1) * logits).clamp(min=0)


class SquaredError(PartialLabelLoss):
    """Pulls every logit, known or not, towards 0."""

    reads_unknown = True
    needs_negatives = False

    def entry_losses(self, logits, target):
        return logits**2


def hinge_by_loops(logits, target, reduction, weight=None):
    total, number = 0.0, 0
    for n, row in enumerate(target.tolist()):
        for c, label in enumerate(row):
            if label == -1:
                continue
            sign = 2 * label - 1
            factor = 1 if weight is None else float(weight[n, c])
            total += factor * max(0.0, 1 - sign * float(logits[n, c]))
            number += 1
    return total if reduction == 'sum' else total / max(number, 1)


@pytest.mark.parametrize('reduction', ['mean', 'sum'])
@pytest.mark.parametrize('values', [(1, 0, -1), (1, 0), (-1,), (0.25, 1, -1)], ids=str)
@pytest.mark.parametrize('weighted', [False, True])
def test_hinge_loss_agrees_with_loops(reduction, values, weighted):
    logits, target = torch.randn(3, 4, dtype=torch.float64), draw_labels(3, 4, values=values)
    weight = torch.rand(3, 4) if weighted else None
    loss = PartialHingeLoss(reduction, loss_weight=0.5)(logits, target, weight=weight)
    expected = 0.5 * hinge_by_loops(logits, target, reduction, weight)
    assert loss.item() == pytest.approx(expected, abs=1e-12)


def test_unknown_entries_get_no_gradient_even_from_infinite_losses():
    logits = torch.tensor([[1.0, torch.inf]], requires_grad=True)
    loss = PartialHingeLoss()(logits, torch.tensor([[0.0, -1]]))
    loss.backward()
    assert loss == 2
    assert logits.grad.tolist() == [[1, 0]]


def test_a_loss_that_reads_unknown_entries_counts_all():
    logits = torch.tensor([[1.0, 2], [3, 0]])
    target = torch.tensor([[1.0, -1], [-1, -1]])
    assert SquaredError()(logits, target) == (1 + 4 + 9) / 4
    assert SquaredError('sum')(logits, target) == 14


def test_gradients_flow_into_soft_targets():
    target = torch.tensor([[0.5, -1]], requires_grad=True)
    PartialHingeLoss()(torch.tensor([[0.5, 3.0]]), target).backward()
    assert target.grad.tolist() == [[-1, 0]]


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_precision(dtype):
    logits, target = torch.randn(4, 5, dtype=dtype), draw_labels(4, 5)
    with torch.autocast('cpu', torch.bfloat16):
        loss = PartialHingeLoss()(logits, target)
    expected = torch.float64 if dtype == torch.float64 else torch.float32
    assert loss.dtype == expected
    assert torch.equal(loss, PartialHingeLoss()(logits.to(expected), target))


def test_what_the_training_set_must_have():
    only_present, nothing = np.array([[1, -1], [-1, 1]]), np.full((2, 2), -1)
    loss = PartialHingeLoss()
    with pytest.raises(ValueError, match='PartialHingeLoss needs labels that are known to be ab'):
        loss.see_labels(only_present)
    for labels in (nothing, np.array([[1, 0]]), np.array([[0, -1]])):
        loss.see_labels(labels)
    SquaredError().see_labels(only_present)


def test_it_works_in_a_head_of_mmpretrain():
    config = dict(type='MultiLabelLinearClsHead', num_classes=3, in_channels=2)
    head = MODELS.build(config | dict(loss=dict(type=PartialHingeLoss)))
    features, target = torch.randn(4, 2), draw_labels(4, 3)
    samples = [DataSample().set_gt_score(row) for row in target]
    loss = head.loss((features,), samples)['loss']
    expected = hinge_by_loops(head.fc(features).detach(), target, 'mean')
    assert loss.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ('options', 'error', 'message'),
    [
        (dict(reduction='none'), ValueError, "'mean' or 'sum', but got 'none'"),
        (dict(loss_weight=-1), ValueError, 'loss_weight'),
        (dict(loss_weight=float('nan')), ValueError, 'loss_weight'),
        (dict(loss_weight='1'), TypeError, 'loss_weight'),
    ],
)
def test_wrong_arguments(options, error, message):
    with pytest.raises(error, match=message):
        PartialHingeLoss(**options)
