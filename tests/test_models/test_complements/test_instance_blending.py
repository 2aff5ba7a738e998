import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import dense
from oracles.wiring import draw_labels, maximum_deviation

from dsrb_mm.models.complements import CategoryBatch, InstanceBlending


def blend(blending, features, target):
    """Features, targets and changed entries of the copy."""
    copy = blending(CategoryBatch(features, target))
    return copy.features, copy.target, copy.changed


@pytest.mark.parametrize('batch', [1, 2, 3, 5])
@pytest.mark.parametrize('alpha', [0.0, 0.3, 0.5, 0.9])
def test_agrees_with_blending_the_attended_maps(batch, alpha):
    blending = InstanceBlending(alpha).double()
    maps = torch.randn(batch, 2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    reference = maps.detach().clone().requires_grad_()
    target = draw_labels(batch, 4, seed=batch).double()
    mixed, soft, changed = blend(blending, maps.sum((1, 2)), target)

    value = blending.blending_weight.value.detach().clone().requires_grad_()
    expected, expected_target = dense.blend_instances(reference, target.tolist(), value)
    expected_target = torch.stack(
        [
            torch.stack([torch.as_tensor(t, dtype=torch.float64) for t in row])
            for row in expected_target
        ]
    )
    assert maximum_deviation(mixed, expected) < 1e-12
    assert maximum_deviation(soft, expected_target) < 1e-12
    assert torch.equal(changed, (soft != target))

    weight, target_weight = torch.randn_like(mixed), torch.randn_like(soft)
    ((mixed * weight).sum() + (soft * target_weight).sum()).backward()
    ((expected * weight).sum() + (expected_target * target_weight).sum()).backward()
    assert maximum_deviation(maps.grad, reference.grad) < 1e-12
    if changed.any():
        gradient = blending.blending_weight.value.grad
        assert maximum_deviation(gradient, value.grad) < 1e-12
        assert gradient != 0
    else:
        assert value.grad is None or value.grad == 0


@given(st.integers(0, 1000), st.integers(1, 5))
def test_only_unknown_entries_with_a_positive_partner_change(seed, batch):
    target = draw_labels(batch, 6, seed)
    semantic = torch.randn(batch, 6, 2)
    mixed, soft, changed = blend(InstanceBlending(0.25), semantic, target)
    for n in range(batch):
        for c in range(6):
            expected = target[n, c] == -1 and target[batch - 1 - n, c] == 1
            assert bool(changed[n, c]) == bool(expected)
            assert soft[n, c] == (0.75 if expected else target[n, c])
            if not expected:
                assert torch.equal(mixed[n, c], semantic[n, c])


def test_alpha_one_keeps_everything_and_ignores_what_it_would_have_blended():
    target = draw_labels(4, 6)
    semantic = torch.randn(4, 6, 2)
    mixed, soft, changed = blend(InstanceBlending(1.0), semantic, target)
    assert changed.any()
    assert torch.equal(mixed, semantic)
    assert torch.equal(soft, target)


def test_alpha_zero_takes_the_partner_with_its_label():
    target = torch.tensor([[-1.0], [1.0]])
    semantic = torch.randn(2, 1, 3)
    mixed, soft, _ = blend(InstanceBlending(0.0), semantic, target)
    assert torch.equal(mixed[0], semantic[1])
    assert soft[0, 0] == 1


def test_the_middle_image_of_an_odd_batch_and_a_single_image_are_kept():
    target = torch.tensor([[-1.0, 1], [-1, 1], [1, -1]])
    assert not blend(InstanceBlending(), torch.randn(3, 2, 3), target)[2][1].any()
    assert not blend(InstanceBlending(), torch.randn(1, 2, 3), target[:1])[2].any()


def test_fixed_alpha_gets_no_gradient():
    blending = InstanceBlending(0.4, learnable=False)
    semantic = torch.randn(2, 1, 3, requires_grad=True)
    mixed, soft, _ = blend(blending, semantic, torch.tensor([[-1.0], [1.0]]))
    (mixed.sum() + soft.sum()).backward()
    assert blending.blending_weight.value.grad is None


def test_bad_alpha():
    with pytest.raises(ValueError, match=r'expected alpha to lie in \[0, 1\], but got 2'):
        InstanceBlending(alpha=2)


def test_the_batch_itself_is_not_changed():
    features, target = torch.randn(2, 1, 3), torch.tensor([[-1.0], [1.0]])
    batch = CategoryBatch(features.clone(), target.clone(), indices=torch.tensor([4, 7]))
    copy = InstanceBlending()(batch)
    assert torch.equal(batch.features, features) and torch.equal(batch.target, target)
    assert batch.changed is None and copy.changed.any()
    assert copy.indices is batch.indices


def test_alpha_is_logged():
    assert InstanceBlending(0.3).scalars() == {'alpha': torch.tensor(0.3)}
