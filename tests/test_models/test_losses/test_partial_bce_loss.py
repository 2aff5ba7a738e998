import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmpretrain.registry import MODELS
from oracles import dense
from oracles.wiring import draw_labels, maximum_deviation

from dsrb_mm.models.losses import PartialBCELoss


def soften(target, generator):
    """Some of the known positives become soft."""
    soft = torch.rand(target.shape, generator=generator).clamp(min=0.01)
    return torch.where((target == 1) & (soft < 0.6), soft, target)


@given(st.integers(0, 10_000), st.sampled_from([(1, 0, -1), (1,), (0,), (-1,), (0, -1)]))
def test_value_and_gradients_agree_with_loops(seed, values):
    generator = torch.Generator().manual_seed(seed)
    logits = (3 * torch.randn(3, 4, generator=generator).double()).requires_grad_()
    target = soften(draw_labels(3, 4, seed, values), generator).double()
    soft = (target > 0) & (target < 1)
    target.requires_grad_()
    reference = logits.detach().clone().requires_grad_()
    scalars = [[t.clone().requires_grad_() for t in row] for row in target.detach()]
    loss, expected = PartialBCELoss()(logits, target), dense.partial_bce(reference, scalars)
    loss.backward()
    expected.backward()
    assert abs(float(loss - expected)) < 1e-12
    assert (logits.grad - reference.grad).abs().max() < 1e-12
    for n, c in soft.nonzero().tolist():
        assert abs(float(target.grad[n, c] - scalars[n][c].grad)) < 1e-12


@given(st.integers(0, 10_000))
def test_unknown_labels_get_exactly_zero_gradient(seed):
    target = draw_labels(4, 6, seed)
    logits = torch.randn(4, 6, requires_grad=True)
    loss = PartialBCELoss()(logits, target)
    loss.backward()
    assert bool((logits.grad[target == -1] == 0).all())
    assert bool((logits.grad[target != -1] != 0).all())
    with torch.no_grad():
        other = PartialBCELoss()(torch.where(target == -1, 100.0, logits), target)
    assert torch.equal(other, loss)


def test_without_known_labels_the_loss_is_zero_with_zero_gradient():
    logits = torch.randn(2, 3, requires_grad=True)
    loss = PartialBCELoss()(logits, torch.full((2, 3), -1.0))
    loss.backward()
    assert loss == 0
    assert torch.equal(logits.grad, torch.zeros(2, 3))


def test_mean_runs_over_known_entries():
    loss = PartialBCELoss()(torch.zeros(1, 4), torch.tensor([[1.0, 0, -1, -1]]))
    torch.testing.assert_close(loss, torch.tensor(2.0).log())


@pytest.mark.parametrize('scale', [1e2, 1e4, 1e30])
def test_extreme_logits(scale):
    logits = torch.tensor([[scale, -scale, scale]], requires_grad=True)
    loss = PartialBCELoss()(logits, torch.tensor([[1.0, 0, 0]]))
    loss.backward()
    torch.testing.assert_close(loss, torch.tensor(scale / 3))
    torch.testing.assert_close(logits.grad, torch.tensor([[0, 0, 1 / 3]]))


def test_float32_agrees_with_float64():
    logits, target = 5 * torch.randn(50, 20), draw_labels(50, 20)
    loss = PartialBCELoss()(logits, target)
    assert maximum_deviation(loss, PartialBCELoss()(logits.double(), target)) < 1e-6


def test_half_precision_logits_are_computed_in_float32():
    logits, target = torch.randn(4, 5).bfloat16(), draw_labels(4, 5)
    with torch.autocast('cpu', torch.bfloat16):
        loss = PartialBCELoss()(logits, target)
    assert loss.dtype == torch.float32
    assert torch.equal(loss, PartialBCELoss()(logits.float(), target))


def test_weight_registry_and_ignored_batch_size():
    loss = MODELS.build(dict(type='PartialBCELoss', loss_weight=0.5))
    logits, target = torch.randn(2, 3), torch.tensor([[1, 0, -1], [0, 1, 1]])  # integers too
    once = PartialBCELoss()(logits, target)
    torch.testing.assert_close(loss(logits, target, avg_factor=2), 0.5 * once)


LOGITS = torch.tensor([[2.0, -1.0, 0.5], [-0.5, 1.5, -2.0]])
TARGET = torch.tensor([[1.0, 0, -1], [-1, -1, 0]])


def bce(logit, label, pos_weight=1.0):
    """Written out, of one entry."""
    present = 1 / (1 + math.exp(-logit))
    return -(pos_weight * label * math.log(present) + (1 - label) * math.log(1 - present))


@pytest.mark.parametrize(
    ('normalize', 'expected'), [('known', 0.189039), ('entries', 0.094520), ('durand', 0.266103)]
)
def test_normalisations_on_a_worked_example(normalize, expected):
    loss = PartialBCELoss(normalize)(LOGITS, TARGET)
    assert loss.item() == pytest.approx(expected, abs=1e-4)


@given(
    st.integers(0, 10_000),
    st.sampled_from(['known', 'entries', 'durand']),
    st.sampled_from([(1, 0, -1), (1, 0), (-1,), (1, -1, -1, -1)]),
    st.booleans(),
)
def test_normalisations_agree_with_loops(seed, normalize, values, weighted):
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(3, 5, generator=generator, dtype=torch.float64)
    target = draw_labels(3, 5, seed, values)
    weight = torch.rand(3, 5, generator=generator) if weighted else None
    options = dict(alpha=-2.0, beta=3.0, gamma=0.5) if normalize == 'durand' else {}
    found = PartialBCELoss(normalize, **options)(logits, target, weight=weight)
    total, known = 0.0, int((target >= 0).sum())
    for n in range(3):
        own = [c for c in range(5) if target[n, c] >= 0]
        inner = sum(
            bce(float(logits[n, c]), float(target[n, c])) * (float(weight[n, c]) if weighted else 1)
            for c in own
        )
        if normalize == 'known':
            total += inner / max(known, 1)
        elif normalize == 'entries':
            total += inner / 15
        elif own:
            total += (-2.0 * (len(own) / 5) ** 0.5 + 3.0) * inner / 5 / 3
    assert found.item() == pytest.approx(total, abs=1e-9)


def test_published_factor_of_durand():
    one = torch.full((1, 10), -1.0)
    one[0, 0] = 1
    loss = PartialBCELoss('durand')
    factor = loss(torch.zeros(1, 10), one) / (math.log(2) / 10)
    assert factor.item() == pytest.approx(5.005, abs=1e-4)
    complete = loss(torch.zeros(1, 10), torch.ones(1, 10))
    assert complete.item() == pytest.approx(math.log(2), abs=1e-6)


def test_sum_over_known_entries():
    known = PartialBCELoss(reduction='sum')(LOGITS, TARGET)
    assert known.item() == pytest.approx(3 * 0.189039, abs=1e-4)
    assert PartialBCELoss('durand', reduction='sum')(LOGITS, TARGET) == known


@pytest.mark.parametrize('normalize', ['known', 'entries', 'durand'])
def test_weights_of_present_labels_by_loops(normalize):
    weights = [2.0, 0.5, 3.0]
    found = PartialBCELoss(normalize, pos_weight=weights)(LOGITS.double(), TARGET)
    total = 0.0
    for n, share in enumerate((2 / 3, 1 / 3)):
        inner = sum(
            bce(LOGITS[n, c].item(), TARGET[n, c].item(), weights[c])
            for c in range(3)
            if TARGET[n, c] >= 0
        )
        factor = dict(known=1 / 3, entries=1 / 6, durand=(5.45 - 4.45 * share) / 6)
        total += factor[normalize] * inner
    assert found.item() == pytest.approx(total, abs=1e-9)


def test_automatic_weights_count_known_labels():
    labels = np.array([[1, 0, 1, -1], [0, -1, 1, -1], [0, 0, 1, -1], [0, -1, 1, 0]])
    labels = np.concatenate([labels, np.tile([-1, -1, -1, 0], (20, 1))])
    loss = PartialBCELoss(pos_weight='auto')
    assert loss(torch.zeros(1, 4), torch.ones(1, 4)).item() == pytest.approx(math.log(2))
    loss.see_labels(labels)
    # 3 absent to 1 present; 2 to none; none to 4: at least 0.1; 21 to none: at most 10.
    expected = torch.tensor([3.0, 2.0, 0.1, 10.0])
    torch.testing.assert_close(loss.pos_weight, expected)
    for c in range(4):
        target = torch.full((1, 4), -1.0)
        target[0, c] = 1
        torch.testing.assert_close(loss(torch.zeros(1, 4), target), expected[c] * math.log(2))
    assert loss.state_dict() == {}


def test_training_needs_known_negatives():
    with pytest.raises(ValueError, match='PartialBCELoss needs labels that are known to be absent'):
        PartialBCELoss().see_labels(np.array([[1, -1]]))


@pytest.mark.parametrize(
    ('options', 'error', 'message'),
    [
        (dict(normalize='batch'), ValueError, "normalize to be one of .* but got 'batch'"),
        (dict(pos_weight='balanced'), ValueError, "pos_weight to be None, 'auto' or a list"),
        (dict(pos_weight=[1, -1]), ValueError, 'pos_weight'),
        (dict(pos_weight=[1, 'x']), TypeError, 'pos_weight'),
        (dict(alpha='x'), TypeError, 'alpha'),
        (dict(gamma=float('inf')), ValueError, 'gamma'),
    ],
)
def test_wrong_arguments(options, error, message):
    with pytest.raises(error, match=message):
        PartialBCELoss(**options)
