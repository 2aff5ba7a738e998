from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import dense
from oracles.wiring import Randomness, draw_labels, maximum_deviation

from dsrb_mm.models.complements import PrototypeBlending

CHANNELS = 3


def build(num_classes=5, beta=0.3, available=None, **kwargs):
    """A module whose bank holds random prototypes of the available categories."""
    blending = PrototypeBlending(num_classes, CHANNELS, beta, **kwargs)
    available = range(num_classes) if available is None else available
    generator = torch.Generator().manual_seed(5)
    for c in available:
        blending.bank.prototypes[c] = torch.randn(4, CHANNELS, generator=generator)
        blending.bank.counts[c] = 1
    return blending


@pytest.mark.parametrize('num_blended', [1, 3, 9])
@pytest.mark.parametrize('beta', [0.0, 0.3, 0.9])
def test_agrees_with_blending_the_attended_maps(num_blended, beta):
    blending = PrototypeBlending(4, CHANNELS, beta, num_blended=num_blended).double()
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
        mixed, soft, blended = blending(maps.sum((1, 2)), target, dense.quadrants(maps))
    choices = randomness.chosen()
    assert {(n, c) for n, c in blended.nonzero().tolist()} == set(choices)
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

    mixed, soft, blended = blending(semantic, target, quadrant)
    assert bool((blended.sum(1) <= num_blended).all())
    known = target != -1
    assert not bool((blended & known).any())
    assert torch.equal(soft[known], target[known])
    assert torch.equal(mixed[~blended], semantic[~blended])
    assert bool((soft[blended] == 1 - blending.blending_weight.value).all())


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
    mixed, soft, blended = blending(semantic, target, torch.zeros(3, 5).long())
    assert blended.any()
    assert torch.equal(mixed, semantic)
    assert torch.equal(soft, target)


def test_empty_bank_or_no_unknown_label_blends_nothing():
    semantic, quadrant = torch.randn(2, 5, CHANNELS), torch.zeros(2, 5).long()
    for blending, target in [
        (build(available=[]), torch.full((2, 5), -1.0)),
        (build(num_blended=5), torch.ones(2, 5)),
    ]:
        mixed, soft, blended = blending(semantic, target, quadrant)
        assert not blended.any()
        assert torch.equal(mixed, semantic)
        assert torch.equal(soft, target)


def test_fixed_beta_gets_no_gradient():
    blending = build(beta=0.5, learnable=False)
    semantic = torch.randn(1, 5, CHANNELS, requires_grad=True)
    mixed, soft, _ = blending(semantic, torch.full((1, 5), -1.0), torch.zeros(1, 5).long())
    (mixed.sum() + soft.sum()).backward()
    assert blending.blending_weight.value.grad is None


@pytest.mark.parametrize('num_blended', [0, -1])
def test_bad_number(num_blended):
    message = f'expected num_blended to be at least 1, but got {num_blended}'
    with pytest.raises(ValueError, match=message):
        PrototypeBlending(4, CHANNELS, num_blended=num_blended)


def test_bad_beta():
    with pytest.raises(ValueError, match=r'expected beta to lie in \[0, 1\], but got -1'):
        PrototypeBlending(4, CHANNELS, beta=-1)
