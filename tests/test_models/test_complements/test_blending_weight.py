import pytest
import torch

from dsrb_mm.models.complements import BlendingWeight, soft_target


@pytest.mark.parametrize('init', [-0.1, 1.5, float('nan')])
def test_start_value_outside_the_unit_interval(init):
    with pytest.raises(ValueError, match=rf'expected init to lie in \[0, 1\], but got {init}'):
        BlendingWeight(init)


@pytest.mark.parametrize(('raw', 'clamped'), [(-3.0, 0.0), (0.25, 0.25), (7.0, 1.0)])
def test_value_is_clamped_before_use_and_can_come_back(raw, clamped):
    weight = BlendingWeight()
    weight.value.data.fill_(raw)
    value = weight()
    (2 * value).backward()
    assert value.item() == weight.value.item() == clamped
    assert weight.value.grad.item() == 2


def test_steps_of_an_optimiser_never_leave_the_unit_interval():
    weight = BlendingWeight(0.5)
    optimiser = torch.optim.SGD(weight.parameters(), lr=0.2)
    seen = []
    for direction in [1] * 8 + [-1] * 12:
        optimiser.zero_grad()
        value = weight()
        seen.append(value.item())
        (direction * value).backward()
        optimiser.step()
    assert min(seen) == 0
    assert max(seen) == 1


def test_fixed_value_is_not_trained():
    weight = BlendingWeight(0.3, learnable=False)
    assert not weight().requires_grad
    assert 'value' in weight.state_dict()


def test_two_uses_before_one_backward():
    weight = BlendingWeight(0.5)
    one, two = torch.randn(3, requires_grad=True), torch.randn(3, requires_grad=True)
    (torch.lerp(one, two, weight()).sum() + torch.lerp(two, one, weight()).sum()).backward()
    assert weight.value.grad.item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(('weight', 'expected'), [(0.25, 0.75), (0.0, 1.0), (1.0, -1.0)])
def test_soft_target(weight, expected):
    weight = torch.tensor(weight, requires_grad=True)
    target = torch.tensor([[-1.0, -1, 0, 1]])
    blended = torch.tensor([[True, False, False, False]])
    soft = soft_target(blended, target, weight)
    assert soft.tolist() == [[expected, -1, 0, 1]]
    soft.sum().backward()
    assert weight.grad.item() == (-1 if expected > 0 else 0)


def test_soft_target_has_the_precision_of_the_weight():
    weight = torch.tensor(0.3, dtype=torch.float64)
    soft = soft_target(torch.tensor([[True]]), torch.tensor([[-1.0]]), weight)
    assert soft.double().item() == pytest.approx(0.7, abs=1e-12)
