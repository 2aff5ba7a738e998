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
