import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import dense
from oracles.wiring import draw_adjacency, graph_parameters, maximum_deviation

from dsrb_mm.models.layers import GatedGraphNetwork


def build(num_classes=4, channels=3, steps=3):
    network = GatedGraphNetwork(num_classes, channels, steps)
    network.set_adjacency(draw_adjacency(num_classes))
    return network


@pytest.mark.parametrize(('dtype', 'tolerance'), [(torch.float64, 1e-10), (torch.float32, 1e-6)])
@pytest.mark.parametrize('steps', [1, 3])
@pytest.mark.parametrize('num_classes', [1, 4])
def test_values_and_gradients_agree_with_the_formulas(num_classes, steps, dtype, tolerance):
    network = build(num_classes, steps=steps).to(dtype)
    features = torch.randn(2, num_classes, 3, dtype=dtype, requires_grad=True)
    leaves = {k: p.detach().double().requires_grad_() for k, p in network.named_parameters()}
    reference = features.detach().double().requires_grad_()
    state = network(features)
    expected = dense.graph_network(
        reference, network.adjacency.double(), graph_parameters(leaves), steps
    )
    weight = torch.randn_like(state)
    (state * weight).sum().backward()
    (expected * weight.double()).sum().backward()
    assert maximum_deviation(state, expected) < tolerance
    assert maximum_deviation(features.grad, reference.grad) < tolerance
    for name, parameter in network.named_parameters():
        assert maximum_deviation(parameter.grad, leaves[name].grad) < tolerance, name


@pytest.mark.parametrize('rows', ['some', 'all', 'one'])
@pytest.mark.parametrize('steps', [1, 2, 3])
def test_rows_of_variants_agree_with_the_formulas(steps, rows):
    network = build(steps=steps).double()
    variants = [torch.randn(2, 4, 3).double()]
    changed = [torch.tensor([[1], [3]]), torch.tensor([[0, 2], [3, 0]])]
    for categories in changed:
        variants.append(variants[0].clone())
        for image, one in enumerate(categories):
            variants[-1][image, one[0]] = torch.randn(3).double()  # the other is not changed
    variants = [v.requires_grad_() for v in variants]
    rows = dict(some=torch.tensor([3, 0, 17, 9, 22]), all=torch.arange(24), one=torch.tensor([8]))[
        rows
    ]
    leaves = {k: p.detach().clone().requires_grad_() for k, p in network.named_parameters()}
    reference = [v.detach().clone().requires_grad_() for v in variants]
    expected = torch.cat(
        [
            dense.graph_network(v, network.adjacency, graph_parameters(leaves), steps)
            for v in reference
        ]
    ).flatten(0, 1)[rows]
    state = network.forward_variants(variants, changed, rows)
    weight = torch.randn_like(state)
    (state * weight).sum().backward()
    (expected * weight).sum().backward()
    assert maximum_deviation(state, expected) < 1e-12
    # Where a copy equals the batch its entries are the batch's: only their sum is defined.
    actual, wanted = (sum(v.grad for v in group) for group in (variants, reference))
    assert maximum_deviation(actual, wanted) < 1e-12
    for copy, other, categories in zip(variants[1:], reference[1:], changed, strict=True):
        for image, one in enumerate(categories):
            assert maximum_deviation(copy.grad[image, one[0]], other.grad[image, one[0]]) < 1e-12
    for name, parameter in network.named_parameters():
        assert maximum_deviation(parameter.grad, leaves[name].grad) < 1e-12, name


@given(st.integers(0, 1000))
def test_permuting_categories_permutes_the_result(seed):
    network = build().double()
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(4, generator=generator)
    features = torch.randn(2, 4, 3, generator=generator).double()
    state = network(features)
    network.set_adjacency(network.adjacency[order][:, order].clone())
    torch.testing.assert_close(network(features[:, order]), state[:, order])


def test_images_do_not_influence_each_other():
    network = build()
    features = torch.randn(3, 4, 3)
    torch.testing.assert_close(network(features)[1:2], network(features[1:2]))


def test_the_graph_is_directed():
    network = build(2)
    network.set_adjacency(torch.tensor([[1.0, 0.9], [0.1, 1.0]]))
    features = torch.randn(1, 2, 3)
    first = network(features)
    network.set_adjacency(torch.tensor([[1.0, 0.1], [0.9, 1.0]]))
    assert not torch.allclose(first, network(features))


def test_the_label_graph_is_saved_but_not_learnt():
    network = build()
    assert 'adjacency' not in dict(network.named_parameters())
    other = GatedGraphNetwork(4, 3)
    assert not other.is_set
    other.load_state_dict(network.state_dict())
    assert other.is_set
    assert torch.equal(other.adjacency, network.adjacency)
    assert not GatedGraphNetwork(4, 3).is_set


def test_no_steps():
    with pytest.raises(ValueError, match='expected steps to be at least 1, but got 0'):
        GatedGraphNetwork(4, 3, steps=0)


@pytest.mark.parametrize('shape', [(4,), (3, 4), (4, 5)])
def test_label_graph_of_wrong_shape(shape):
    message = f'expected adjacency to be of shape (4, 4), but got {shape}'
    with pytest.raises(ValueError, match=re.escape(message)):
        GatedGraphNetwork(4, 3).set_adjacency(torch.zeros(shape))


@pytest.mark.parametrize('value', [-0.1, 1.1, float('nan'), float('inf')])
def test_label_graph_with_wrong_values(value):
    network = GatedGraphNetwork(2, 3)
    adjacency = torch.zeros(2, 2)
    adjacency[0, 1] = value
    with pytest.raises(ValueError, match=r'expected adjacency to lie in \[0, 1\]'):
        network.set_adjacency(adjacency)
    assert not network.is_set
