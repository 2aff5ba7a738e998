import pytest
import torch
from oracles.wiring import maximum_deviation

from dsrb_mm.models.layers import CategoryClassifier


@pytest.mark.parametrize('num_classes', [1, 4])
def test_formula_category_by_category(num_classes):
    classifier = CategoryClassifier(num_classes, channels=3, hidden_channels=5).double()
    state, semantic = torch.randn(2, 2, num_classes, 3, dtype=torch.float64)
    logits = classifier(state, semantic)
    for b in range(2):
        for c in range(num_classes):
            joined = torch.cat([state[b, c], semantic[b, c]])
            output = torch.tanh(classifier.output.weight @ joined + classifier.output.bias)
            expected = classifier.weight[c] @ output + classifier.bias[c]
            assert maximum_deviation(logits[b, c], expected) < 1e-12


def test_gradcheck():
    classifier = CategoryClassifier(2, channels=2, hidden_channels=3).double()
    inputs = torch.randn(2, 1, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: classifier(*x), (inputs,))


def test_each_category_depends_on_its_own_features_and_weights_only():
    classifier = CategoryClassifier(3, channels=2, hidden_channels=4)
    state, semantic = torch.randn(2, 1, 3, 2).requires_grad_()
    semantic.retain_grad()
    classifier(state, semantic)[0, 1].backward()
    touched = semantic.grad[0].abs().sum(-1) > 0
    assert touched.tolist() == [False, True, False]
    assert (classifier.bias.grad != 0).tolist() == [False, True, False]


def test_start_values_are_small_and_differ():
    classifier = CategoryClassifier(20, channels=4, hidden_channels=64)
    assert classifier.weight.abs().max() <= 1 / 8
    assert classifier.bias.unique().numel() == 20
