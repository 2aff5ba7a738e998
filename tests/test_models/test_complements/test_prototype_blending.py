from collections import Counter

import pytest
import torch
from helpers.passes import START
from hypothesis import given
from hypothesis import strategies as st
from oracles import dense
from oracles.wiring import Randomness, draw_labels, maximum_deviation

from dsrb_mm.models import TrainingProgress
from dsrb_mm.models.complements import CategoryBatch, PrototypeBlending

CHANNELS = 3


def build(num_classes=5, beta=0.3, available=None, **kwargs):
    """A module whose bank holds random prototypes of the available categories."""
    blending = PrototypeBlending(beta, **kwargs)
    available = range(num_classes) if available is None else available
    generator = torch.Generator().manual_seed(5)
    bank = blending.bank
    bank.prototypes = torch.zeros(num_classes, 4, CHANNELS)
    bank.counts = torch.zeros(num_classes, 4, dtype=torch.long)
    for c in available:
        bank.prototypes[c] = torch.randn(4, CHANNELS, generator=generator)
        bank.counts[c] = 1
    return blending


def blend(blending, features, target, location):
    """Features, targets and changed entries of the copy."""
    copy = blending(CategoryBatch(features, target, location=location))
    return copy.features, copy.target, copy.changed


@pytest.mark.parametrize('num_blended', [1, 3, 9])
@pytest.mark.parametrize('beta', [0.0, 0.3, 0.9])
def test_agrees_with_blending_the_attended_maps(num_blended, beta):
    blending = PrototypeBlending(beta, num_blended=num_blended).double()
    collected = torch.randn(12, 2, 3, 4, CHANNELS, dtype=torch.float64)
    labels = draw_labels(12, 4, 1, (1, 0, -1))
    labels[:, 2] = 0  # no prototype
    blending.bank.reset()
    blending.bank.update(collected.sum((1, 2)), labels, dense.quadrants(collected))
    blending.bank.finish()
    prototypes = dense.prototypes([(collected, labels.tolist())])

    maps = torch.randn(3, 2, 3, 4, CHANNELS, dtype=torch.float64, requires_grad=True)
    reference = maps.detach().clone().requires_grad_()
    target = draw_labels(3, 4).double()
    with pytest.MonkeyPatch.context() as patch:
        randomness = Randomness().install(patch, blending)
        mixed, soft, changed = blend(blending, maps.sum((1, 2)), target, dense.quadrants(maps))
    choices = randomness.chosen()
    assert {(n, c) for n, c in changed.nonzero().tolist()} == set(choices)
    value = blending.blending_weight.value.detach().clone().requires_grad_()
    expected, expected_target = dense.blend_prototypes(
        reference, target.tolist(), value, prototypes, choices
    )
    expected_target = torch.stack(
        [
            torch.stack([torch.as_tensor(t, dtype=torch.float64) for t in row])
            for row in expected_target
        ]
    )
    assert maximum_deviation(mixed, expected) < 1e-12
    assert maximum_deviation(soft, expected_target) < 1e-12
    weight, target_weight = torch.randn_like(mixed), torch.randn_like(soft)
    ((mixed * weight).sum() + (soft * target_weight).sum()).backward()
    ((expected * weight).sum() + (expected_target * target_weight).sum()).backward()
    assert choices
    assert maximum_deviation(maps.grad, reference.grad) < 1e-12
    assert maximum_deviation(blending.blending_weight.value.grad, value.grad) < 1e-12


@given(
    seed=st.integers(0, 10_000),
    num_blended=st.integers(1, 8),
    available=st.sets(st.integers(0, 4)),
)
def test_choices_are_legal(seed, num_blended, available):
    torch.manual_seed(seed)
    blending = build(available=available, num_blended=num_blended)
    target = draw_labels(4, 5, seed)
    quadrant = torch.randint(4, (4, 5))
    semantic = torch.randn(4, 5, CHANNELS)
    choice = blending.choose(target, quadrant)
    for n in range(4):
        possible = {c for c in range(5) if target[n, c] == -1 and c in available}
        drawn = [
            c for c, ok in zip(choice.category[n].tolist(), choice.valid[n], strict=True) if ok
        ]
        assert len(set(drawn)) == len(drawn) == min(num_blended, len(possible))
        assert set(drawn) <= possible
        for c, q in zip(choice.category[n], choice.location[n], strict=True):
            assert 0 <= q <= 3
            assert q != quadrant[n, c]

    mixed, soft, changed = blend(blending, semantic, target, quadrant)
    assert bool((changed.sum(1) <= num_blended).all())
    known = target != -1
    assert not bool((changed & known).any())
    assert torch.equal(soft[known], target[known])
    assert torch.equal(mixed[~changed], semantic[~changed])
    assert bool((soft[changed] == 1 - blending.blending_weight.value).all())


def test_draws_are_uniform_over_categories_and_other_quadrants():
    blending = build()
    target = torch.tensor([-1.0, 1, -1, -1, 0]).expand(6000, 5)
    quadrant = torch.tensor([0, 1, 2, 3, 0]).expand(6000, 5)
    choice = blending.choose(target, quadrant)
    drawn = Counter(
        zip(choice.category[:, 0].tolist(), choice.location[:, 0].tolist(), strict=True)
    )
    own = {0: 0, 2: 2, 3: 3}
    assert set(drawn) == {(c, q) for c in own for q in range(4) if q != own[c]}
    for number in drawn.values():
        assert abs(number - 6000 / 9) < 5 * (6000 / 9) ** 0.5


def test_beta_one_keeps_everything_and_ignores_what_it_would_have_blended():
    blending = build(beta=1.0, num_blended=5)
    target, semantic = draw_labels(3, 5), torch.randn(3, 5, CHANNELS)
    mixed, soft, changed = blend(blending, semantic, target, torch.zeros(3, 5).long())
    assert changed.any()
    assert torch.equal(mixed, semantic)
    assert torch.equal(soft, target)


def test_empty_bank_or_no_unknown_label_blends_nothing():
    semantic, quadrant = torch.randn(2, 5, CHANNELS), torch.zeros(2, 5).long()
    for blending, target in [
        (build(available=[]), torch.full((2, 5), -1.0)),
        (build(num_blended=5), torch.ones(2, 5)),
    ]:
        mixed, soft, changed = blend(blending, semantic, target, quadrant)
        assert not changed.any()
        assert torch.equal(mixed, semantic)
        assert torch.equal(soft, target)


def test_fixed_beta_gets_no_gradient():
    blending = build(beta=0.5, learnable=False)
    semantic = torch.randn(1, 5, CHANNELS, requires_grad=True)
    mixed, soft, _ = blend(blending, semantic, torch.full((1, 5), -1.0), torch.zeros(1, 5).long())
    (mixed.sum() + soft.sum()).backward()
    assert blending.blending_weight.value.grad is None


@pytest.mark.parametrize('num_blended', [0, -1])
def test_bad_number(num_blended):
    message = f'expected num_blended to be at least 1, but got {num_blended}'
    with pytest.raises(ValueError, match=message):
        PrototypeBlending(num_blended=num_blended)


def test_bad_beta():
    with pytest.raises(ValueError, match=r'expected beta to lie in \[0, 1\], but got -1'):
        PrototypeBlending(beta=-1)


def test_before_the_first_pass_there_is_nothing_to_blend():
    assert PrototypeBlending()(CategoryBatch(torch.randn(1, 5, 3), -torch.ones(1, 5))) is None


def test_a_head_without_maps_is_named_as_the_reason():
    with pytest.raises(ValueError, match='PrototypeBlending needs the quadrant .* gives none'):
        build()(CategoryBatch(torch.randn(1, 5, CHANNELS), -torch.ones(1, 5)))


@pytest.mark.parametrize('length', [1, 3, 7])
def test_passes_are_due_at_begin_and_every_interval_epochs(length):
    blending = PrototypeBlending(begin=2, interval=3)
    due = [i for i in range(9 * length) if blending.pass_is_due(TrainingProgress(i, length, 99))]
    assert due == [2 * length, 5 * length, 8 * length]


def test_a_pass_fills_the_bank():
    blending = PrototypeBlending()
    features, target = torch.randn(6, 3, CHANNELS), draw_labels(6, 3, values=(1, 0, -1))
    location = torch.randint(4, (6, 3))
    blending.start_pass(START)
    for rows in (slice(0, 4), slice(4, 6)):
        blending.observe(CategoryBatch(features[rows], target[rows], location=location[rows]))
    positives = int((target == 1).sum())
    assert f'prototypes from {positives} known positives; ' in blending.finish_pass()
    assert int(blending.bank.counts.sum()) == positives


def test_a_pass_without_any_image_says_so():
    blending = PrototypeBlending()
    blending.start_pass(START)
    assert blending.finish_pass() == (
        'prototypes from 0 known positives; 0 of 0 (category, quadrant) pairs are empty'
    )
