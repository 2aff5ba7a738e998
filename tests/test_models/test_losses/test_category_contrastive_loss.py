import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmpretrain.registry import MODELS
from oracles import dense
from oracles.wiring import Randomness, draw_labels, maximum_deviation

from dsrb_mm.models.losses import CategoryContrastiveLoss

MODULE = sys.modules[CategoryContrastiveLoss.__module__]


def features(batch, num_classes, channels=4, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    semantic = torch.randn(batch, num_classes, channels, generator=generator)
    return semantic.to(dtype).requires_grad_()


def no_order(kind, members):
    """For batches in which every pair is kept whatever is drawn."""
    return members


def compare(semantic, target, shuffled, tolerance=1e-10, loss=None):
    reference = semantic.detach().double().requires_grad_()
    expected = dense.contrastive(reference, target.tolist(), shuffled)
    loss = CategoryContrastiveLoss(1.0)(semantic, target) if loss is None else loss
    (gradient,) = torch.autograd.grad(loss, semantic)
    (wanted,) = torch.autograd.grad(expected, reference)
    assert abs(loss.item() - expected.item()) <= tolerance * max(1, abs(expected.item()))
    assert (gradient - wanted).abs().max() <= tolerance * max(1e-3, float(wanted.abs().max()))
    return loss


@given(
    seed=st.integers(0, 10_000),
    batch=st.integers(1, 5),
    num_classes=st.integers(1, 4),
    values=st.sampled_from([(0, -1), (0,), (-1,), (1,), (1, -1)]),
)
def test_without_sampling_it_is_the_mean_over_pairs(seed, batch, num_classes, values):
    target = draw_labels(batch, num_classes, seed, values)
    compare(features(batch, num_classes, seed=seed), target, no_order)


def test_no_positive_pair_keeps_all_mixed_and_negative_pairs():
    target = torch.tensor([[1.0, 0, -1], [0, 1, 1], [0, 0, -1], [-1, 0, 0]])
    kinds = dense.pair_losses(features(4, 3), target.tolist())
    assert [len(kinds[k]) for k in ('++', '+-', '--')] == [0, 2 + 3 + 1, 1 + 3]
    compare(features(4, 3), target, no_order)


@given(st.integers(0, 10_000), st.integers(3, 5), st.integers(1, 3))
def test_more_draws_than_pairs_keeps_each_once_and_the_largest_twice(seed, batch, num_classes):
    # Nearly all positive: 2n exceeds the number of other pairs.
    target = torch.ones(batch, num_classes)
    target[0, 0] = 0
    target[-1, -1] = -1 if num_classes > 1 else 1
    kinds = dense.pair_losses(features(batch, num_classes), target.tolist())
    num = len(kinds['++'])
    if 2 * num >= max(len(kinds['+-']), len(kinds['--'])):
        compare(features(batch, num_classes, seed=seed), target, no_order)


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 5))
def test_selection_agrees_with_a_naive_one_given_the_same_keys(seed, batch, num_classes):
    torch.manual_seed(seed)
    target = draw_labels(batch, num_classes, seed, (1, 0, 0, 0, -1))
    with pytest.MonkeyPatch.context() as patch:
        randomness = Randomness().install(patch)
        semantic = features(batch, num_classes, seed=seed)
        randomness.keys.clear()
        loss = CategoryContrastiveLoss(1.0)(semantic, target)
    compare(semantic, target, randomness.shuffled(batch, num_classes), loss=loss)


@pytest.mark.parametrize('num', [1, 2, 5, 9, 50])
def test_counts_of_the_sub_sampling(num):
    loss, member = torch.randn(60), torch.rand(60) < 0.4
    size = int(member.sum())
    seen = torch.zeros(60)
    for _ in range(60):
        weight = MODULE._subsample(loss, member, torch.tensor(num))
        assert bool((weight[~member] == 0).all())
        assert weight.sum() == min(2 * num, size) + min(num, size)
        largest = loss.masked_fill(~member, -9).topk(min(num, size)).indices
        drawn = weight.clone()
        drawn[largest] -= 1
        # Without replacement: 2n different members, each once.
        assert set(drawn.tolist()) <= {0.0, 1.0}
        assert drawn.sum() == min(2 * num, size)
        seen += drawn
    assert bool((seen[member] > 0).all())  # each member has its chance


def test_draws_are_uniform():
    loss, member = torch.randn(20), torch.arange(20) % 2 == 0
    seen = torch.zeros(20)
    for _ in range(3000):
        seen += MODULE._subsample(loss, member, torch.tensor(2))
    seen[loss.masked_fill(~member, -9).topk(2).indices] -= 3000
    rate = seen[member] / 3000
    assert bool(((rate - 0.4).abs() < 5 * (0.24 / 3000) ** 0.5).all())


def test_n_zero_keeps_each_member_once():
    loss, member = torch.randn(30), torch.rand(30) < 0.5
    assert torch.equal(MODULE._subsample(loss, member, torch.tensor(0)), member.float())


@pytest.mark.parametrize('seed', range(4))
def test_float32_agrees_with_float64(seed):
    with pytest.MonkeyPatch.context() as patch:
        randomness = Randomness().install(patch)
        semantic = features(5, 4, 16, seed, torch.float32)
        target = draw_labels(5, 4, seed, (1, 0, 0, -1))
        loss = CategoryContrastiveLoss(1.0)(semantic, target)
    compare(semantic, target, randomness.shuffled(5, 4), 1e-6, loss)


@pytest.mark.parametrize('values', [(1,), (0,), (-1,), (1, 0, -1)])
@pytest.mark.parametrize('batch', [1, 2, 5])
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64], ids=str)
def test_finite_also_for_features_of_zero(batch, values, dtype):
    semantic = features(batch, 3, dtype=dtype)
    with torch.no_grad():
        semantic[0, 1] = 0
    loss = CategoryContrastiveLoss()(semantic, draw_labels(batch, 3, 1, values))
    loss.backward()
    assert bool(loss.isfinite())
    assert bool(semantic.grad.isfinite().all())


def test_no_pair_gives_zero():
    for target in (torch.ones(1, 3), torch.full((4, 3), -1.0)):
        semantic = features(len(target), 3)
        loss = CategoryContrastiveLoss()(semantic, target)
        loss.backward()
        assert loss == 0
        assert not semantic.grad.any()


@given(st.integers(0, 1000))
def test_permutations_and_scales_change_nothing(seed):
    semantic = features(4, 5, seed=seed)
    target = draw_labels(4, 5, seed, (0, 0, -1))
    generator = torch.Generator().manual_seed(seed)
    images, order = (torch.randperm(k, generator=generator) for k in (4, 5))
    loss = CategoryContrastiveLoss()
    first = loss(semantic, target)
    torch.testing.assert_close(loss(semantic[images][:, order], target[images][:, order]), first)
    torch.testing.assert_close(loss(7 * semantic, target), first)


def test_unknown_entries_get_no_gradient():
    semantic, target = features(4, 5), draw_labels(4, 5)
    CategoryContrastiveLoss()(semantic, target).backward()
    assert not semantic.grad[target == -1].any()
    assert semantic.grad.any()


def test_weight_and_registry():
    semantic, target = features(3, 2), torch.zeros(3, 2)
    default = MODELS.build(dict(type='CategoryContrastiveLoss'))(semantic, target)
    once = CategoryContrastiveLoss(1.0)(semantic, target)
    assert maximum_deviation(default, 0.05 * once) < 1e-12


def test_half_precision_is_computed_in_float32():
    semantic = features(3, 2, dtype=torch.bfloat16)
    with torch.autocast('cpu', torch.bfloat16):
        assert CategoryContrastiveLoss()(semantic, torch.ones(3, 2)).dtype == torch.float32
