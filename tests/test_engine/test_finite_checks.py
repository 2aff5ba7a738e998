import math

import pytest
import torch
from torch import nn

from dsrb_mm.engine.finite_checks import describe_state, non_finite_state


class Graph(nn.Module):
    category_rows = ('matrix',)

    def __init__(self):
        super().__init__()
        self.register_buffer('matrix', torch.zeros(3, 3))
        self.register_buffer('other', torch.zeros(3, 3))


@pytest.fixture
def model():
    model = nn.ModuleDict(dict(part=nn.Sequential(Graph())))
    graph = model['part'][0]
    graph.matrix[1, 2] = math.nan
    graph.other[0, 0] = math.inf
    return model


def test_every_buffer_counts(model):
    assert non_finite_state(model) == ['part.0.matrix', 'part.0.other']
    model['part'][0].matrix.zero_()
    model['part'][0].other.zero_()
    assert non_finite_state(model) == []


def test_categories_are_named_where_the_module_says_so(model):
    names = non_finite_state(model)
    assert describe_state(names, model, 'abc') == 'part.0.matrix (of b), part.0.other'
    assert describe_state(names, model, None) == 'part.0.matrix, part.0.other'
