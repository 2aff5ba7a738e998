from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles.wiring import Randomness, draw_labels, maximum_deviation

from dsrb_mm.models.complements import CategoryBatch, ClusterBlending

CHANNELS = 3


def build(numbers=(3, 1, 2, 0, 3), **kwargs):
    """A module whose bank holds as many random prototypes of each category as ``numbers`` say."""
    blending = ClusterBlending(num_prototypes=3, **kwargs)
    blending.bank.counts = (torch.arange(3) < torch.tensor(numbers).unsqueeze(-1)).long()
    generator = torch.Generator().manual_seed(5)
    blending.bank.prototypes = torch.randn(len(numbers), 3, CHANNELS, generator=generator)
    return blending


@pytest.mark.parametrize('beta', [0.0, 0.3, 0.9])
@pytest.mark.parametrize('num_blended', [1, 3])
def test_agrees_with_the_formula_entry_by_entry(beta, num_blended, monkeypatch):
    blending = build(beta=beta, num_blended=num_blended).double()
    features = torch.randn(6, 5, CHANNELS).double().requires_grad_()
    reference = features.detach().clone().requires_grad_()
    target = draw_labels(6, 5).double()
    randomness = Randomness().install(monkeypatch, blending)
    copy = blending(CategoryBatch(features, target))

    value = blending.blending_weight.value.detach().clone().requires_grad_()
    chosen = randomness.chosen()
    assert chosen
    rows, labels = [], []
    for n in range(6):
        for c in range(5):
            if (n, c) in chosen:
                prototype = blending.bank.prototypes[c, chosen[n, c]]
                rows.append(value * reference[n, c] + (1 - value) * prototype)
                labels.append(1 - value)
            else:
                rows.append(reference[n, c])
                labels.append(target[n, c])
    expected, soft = torch.stack(rows).view(6, 5, -1), torch.stack(labels).view(6, 5)
    assert maximum_deviation(copy.features, expected) < 1e-12
    assert maximum_deviation(copy.target, soft) < 1e-12
    weight, other = torch.randn_like(expected), torch.randn_like(soft)
    ((copy.features * weight).sum() + (copy.target * other).sum()).backward()
    ((expected * weight).sum() + (soft * other).sum()).backward()
    assert maximum_deviation(features.grad, reference.grad) < 1e-12
    assert maximum_deviation(blending.blending_weight.value.grad, value.grad) < 1e-12


@given(seed=st.integers(0, 10_000), num_blended=st.integers(1, 7))
def test_only_unknown_categories_with_a_prototype_change(seed, num_blended):
    torch.manual_seed(seed)
    numbers = torch.randint(4, (5,)).tolist()
    blending = build(numbers, num_blended=num_blended)
    target = draw_labels(4, 5, seed)
    features = torch.randn(4, 5, CHANNELS)
    choice = blending.choose(target)
    for n in range(4):
        possible = [c for c in range(5) if target[n, c] == -1 and numbers[c]]
        drawn = choice.category[n][choice.valid[n]].tolist()
        assert len(set(drawn)) == len(drawn) == min(num_blended, len(possible))
        assert set(drawn) <= set(possible)
        for c, k, ok in zip(*[part[n].tolist() for part in choice], strict=True):
            assert 0 <= k < max(1, numbers[c]) or not ok
    copy = blending(CategoryBatch(features, target))
    known = target != -1
    assert not (copy.changed & known).any()
    assert torch.equal(copy.features[~copy.changed], features[~copy.changed])
    assert torch.equal(copy.target[~copy.changed], target[~copy.changed])


def test_an_image_without_unknown_labels_is_left_as_it_is():
    features = torch.randn(2, 5, CHANNELS)
    target = torch.tensor([[1.0, 0, 1, 0, 1], [-1, 0, 0, 0, 0]])
    copy = build()(CategoryBatch(features, target))
    assert torch.equal(copy.features[0], features[0]) and torch.equal(copy.target[0], target[0])
    assert copy.changed.tolist() == [[False] * 5, [True, False, False, False, False]]


def test_draws_are_uniform_over_categories_and_prototypes():
    target = torch.tensor([-1.0, 1, -1, -1, 0]).expand(6000, 5)  # 3 has no prototype
    choice = build().choose(target)
    drawn = Counter(
        zip(choice.category[:, 0].tolist(), choice.location[:, 0].tolist(), strict=True)
    )
    expected = {(0, 0): 1000, (0, 1): 1000, (0, 2): 1000, (2, 0): 1500, (2, 1): 1500}
    assert drawn.keys() == expected.keys()
    assert all(abs(drawn[pair] - n) < 5 * n**0.5 for pair, n in expected.items())


def test_before_the_first_pass_there_is_nothing_to_blend():
    batch = CategoryBatch(torch.randn(1, 5, CHANNELS), -torch.ones(1, 5))
    assert ClusterBlending()(batch) is None


def test_a_bank_without_any_prototype_and_a_single_image():
    batch = CategoryBatch(torch.randn(1, 5, CHANNELS), -torch.ones(1, 5))
    assert not build([0] * 5)(batch).changed.any()
    assert build()(batch).changed.sum() == 1


def test_published_settings_are_the_defaults():
    blending = ClusterBlending()
    assert blending.name == 'plrb' and blending.num_blended == 1
    assert blending.bank.size == 10 and blending.bank.begin == blending.bank.interval == 5
    assert blending.begin == 5 and blending.scalars()['beta'] == 0.5


def test_fixed_beta_gets_no_gradient():
    blending = build(learnable=False)
    features = torch.randn(1, 5, CHANNELS, requires_grad=True)
    copy = blending(CategoryBatch(features, torch.full((1, 5), -1.0)))
    (copy.features.sum() + copy.target.sum()).backward()
    assert blending.blending_weight.value.grad is None
