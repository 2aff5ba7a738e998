import functools
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import dense
from oracles.wiring import LargestTensor, maximum_deviation

from dsrb_mm.models.layers import (
    attended_response,
    attention_kernels,
    attention_scores,
    peak_quadrant,
    semantic_attention,
)

# The package's attribute of this name is the function.
MODULE = sys.modules['dsrb_mm.models.layers.semantic_attention']
NAMES = ('features', 'pixels', 'words', 'direction')
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-6}


def draw(batch=2, locations=6, categories=5, joint=4, channels=3, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator).to(dtype).requires_grad_()

    return dict(
        features=normal(batch, locations, channels),
        pixels=normal(batch, locations, joint),
        words=normal(categories, joint),
        direction=normal(joint),
    )


def dense_attention(features, pixels, words, direction):
    """The attention with everything written out; autograd gives its gradients."""
    product = torch.tanh(pixels[:, None] * words[None, :, None])
    attention = torch.softmax((product * direction).sum(-1), dim=-1)
    return (attention.unsqueeze(-1) * features.unsqueeze(1)).sum(2), attention


def use(monkeypatch, form):
    """Have the attention computed in one of its forms."""
    kernels = dict(
        categorywise=attention_kernels.CATEGORYWISE,
        chunked=attention_kernels.CHUNKED,
        whole=attention_kernels.WHOLE,
    )[form]
    if form == 'chunked':
        monkeypatch.setattr(attention_kernels, 'CHUNK_ELEMENTS', 100)
    monkeypatch.setattr(MODULE, 'choose_kernels', lambda *_: kernels)


FORMS = pytest.mark.parametrize('form', ['categorywise', 'chunked', 'whole'])


@pytest.mark.parametrize('dtype', [torch.float64, torch.float32], ids=str)
@FORMS
@pytest.mark.parametrize('sizes', [(2, 6, 5, 4, 3), (1, 1, 1, 1, 1), (3, 49, 7, 16, 8)], ids=str)
def test_values_and_gradients_agree_with_the_dense_form(monkeypatch, sizes, form, dtype):
    use(monkeypatch, form)
    inputs = draw(*sizes, dtype=dtype)
    reference = {k: v.detach().double().requires_grad_() for k, v in inputs.items()}
    semantic, attention = semantic_attention(**inputs)
    expected, expected_attention = dense_attention(**reference)
    weight = torch.randn(semantic.shape, dtype=dtype)
    (semantic * weight).sum().backward()
    (expected * weight.double()).sum().backward()

    assert semantic.dtype == attention.dtype == dtype
    assert not attention.requires_grad
    assert maximum_deviation(semantic, expected) < TOLERANCE[dtype]
    assert maximum_deviation(attention, expected_attention) < TOLERANCE[dtype]
    for name in NAMES:
        actual, wanted = inputs[name].grad, reference[name].grad
        scale = wanted.abs().max().clamp(min=1e-6 * weight.abs().max())  # one location: zero
        assert (actual - wanted).abs().max() / scale < TOLERANCE[dtype], name


@FORMS
def test_gradcheck(monkeypatch, form):
    use(monkeypatch, form)
    inputs = draw()
    assert torch.autograd.gradcheck(
        lambda *args: semantic_attention(*args)[0], tuple(inputs.values())
    )


def test_the_device_decides_the_form():
    def choose(name, compiled=False):
        return attention_kernels.choose_kernels(torch.device(name), compiled)

    assert choose('cpu') is attention_kernels.CATEGORYWISE
    assert choose('cuda') is attention_kernels.CHUNKED
    assert choose('cuda', True) is choose('cpu', True) is attention_kernels.compiled_kernels()


def test_the_compiled_form_is_one_graph_and_gives_the_same(monkeypatch):
    # Without the backend that makes machine code: a minute here, and a compiler to be there.
    compile = functools.partial(torch.compile, backend='aot_eager', fullgraph=True)
    monkeypatch.setattr(torch, 'compile', compile)
    kernels = attention_kernels.compiled_kernels.__wrapped__()
    monkeypatch.setattr(attention_kernels, 'compiled_kernels', lambda: kernels)
    results = []
    for compiled in (False, True):
        inputs = draw(3, 9, 5, 8, 4, dtype=torch.float32)
        semantic, attention = semantic_attention(**inputs, compiled=compiled)
        semantic.square().sum().backward()
        results.append([semantic, attention, *(inputs[name].grad for name in NAMES)])
    for one, two in zip(*results, strict=True):
        assert maximum_deviation(two, one) < 1e-6


def test_without_gradient_the_values_are_the_same():
    inputs = draw()
    semantic, attention = semantic_attention(**inputs)
    with torch.no_grad():
        semantic_eval, attention_eval = semantic_attention(**inputs)
    assert maximum_deviation(semantic_eval, semantic) < 1e-14
    assert maximum_deviation(attention_eval, attention) < 1e-14


@given(st.integers(0, 1000), st.floats(0.1, 100))
def test_attention_sums_to_one_and_is_stable_for_large_scores(seed, scale):
    inputs = draw(dtype=torch.float32, seed=seed)
    inputs['direction'] = (inputs['direction'].detach() * scale * 10).requires_grad_()
    semantic, attention = semantic_attention(**inputs)
    semantic.sum().backward()
    # A score's own rounding, an error relative to the score, goes into the attention as it is.
    scores = attention_scores(**{k: inputs[k].detach() for k in NAMES[1:]})
    largest = float(scores.abs().max())
    tolerance = 1e-6 + 2e-7 * largest
    torch.testing.assert_close(attention.sum(-1), torch.ones(2, 5), atol=tolerance, rtol=0)
    assert bool((attention >= 0).all())
    for name in NAMES:
        assert bool(inputs[name].grad.isfinite().all()), name


def test_zero_word_gives_uniform_attention_and_the_mean_feature():
    inputs = draw()
    with torch.no_grad():
        inputs['words'][1] = 0
    semantic, attention = semantic_attention(**inputs)
    torch.testing.assert_close(attention[:, 1], torch.full((2, 6), 1 / 6, dtype=torch.float64))
    torch.testing.assert_close(semantic[:, 1], inputs['features'].mean(1))


@given(st.integers(0, 1000))
def test_permuting_locations_or_categories_permutes_the_results(seed):
    inputs = draw(seed=seed)
    generator = torch.Generator().manual_seed(seed)
    places, order = (torch.randperm(k, generator=generator) for k in (6, 5))
    semantic, attention = semantic_attention(**inputs)
    shuffled = dict(
        features=inputs['features'][:, places],
        pixels=inputs['pixels'][:, places],
        words=inputs['words'][order],
        direction=inputs['direction'],
    )
    other_semantic, other_attention = semantic_attention(**shuffled)
    torch.testing.assert_close(other_semantic, semantic[:, order])
    torch.testing.assert_close(other_attention, attention[:, order][..., places])


def test_scores_are_those_of_the_formula():
    inputs = draw()
    scores = attention_scores(inputs['pixels'], inputs['words'], inputs['direction'])
    for b in range(2):
        for c in range(5):
            for n in range(6):
                tanh = torch.tanh(inputs['pixels'][b, n] * inputs['words'][c])
                expected = inputs['direction'] @ tanh
                assert abs(scores[b, c, n] - expected) < 1e-12


@pytest.mark.parametrize('form', ['categorywise', 'chunked'])
def test_no_large_tensor_is_allocated_forward_or_backward(monkeypatch, form):
    batch, locations, categories, joint, channels = 2, 49, 40, 32, 64
    budget = 4 * batch * locations * joint
    use(monkeypatch, form)
    monkeypatch.setattr(attention_kernels, 'CHUNK_ELEMENTS', budget)
    inputs = draw(batch, locations, categories, joint, channels, dtype=torch.float32)
    with LargestTensor() as largest:
        semantic, _ = semantic_attention(**inputs)
        forward = largest.elements
        semantic.square().sum().backward()
    assert 0 < forward <= budget
    assert largest.elements <= budget
    assert budget < batch * locations * categories * min(joint, channels) / 5


# Quadrants


def quadrant(attention, features, height, width):
    """Of the peak of the attended response."""
    return peak_quadrant(attended_response(attention.unflatten(-1, (height, width)), features))


def naive_quadrant(attention, features, height, width):
    maps = attention.unsqueeze(-1) * features.unsqueeze(1)  # (B, C, N, D)
    return dense.quadrants(maps.permute(0, 2, 1, 3).unflatten(1, (height, width)))


@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 8), st.booleans())
def test_quadrant_agrees_with_loops_on_any_map(seed, height, width, ties):
    generator = torch.Generator().manual_seed(seed)
    size = height * width
    # Integers as attention make every product and sum exact, and ties frequent.
    if ties:
        attention = torch.randint(1, 3, (2, 3, size), generator=generator).double()
        features = torch.randint(-1, 2, (2, size, 4), generator=generator).double()
    else:
        attention = torch.rand(2, 3, size, generator=generator).double()
        features = torch.randn(2, size, 4, generator=generator).double()
    actual = quadrant(attention, features, height, width)
    assert actual.dtype == torch.long
    assert torch.equal(actual, naive_quadrant(attention, features, height, width))


@pytest.mark.parametrize(
    ('height', 'width', 'row', 'column', 'expected'),
    [
        (7, 7, 0, 0, 0),
        (7, 7, 2, 3, 1),  # 7 // 2 = 3: the middle belongs to the lower and the right half
        (7, 7, 3, 2, 2),
        (7, 7, 3, 3, 3),
        (4, 6, 1, 2, 0),
        (4, 6, 2, 2, 2),
        (4, 6, 1, 3, 1),
        (1, 1, 0, 0, 3),
        (1, 5, 0, 1, 2),
        (1, 5, 0, 2, 3),
        (5, 1, 1, 0, 1),
    ],
)
def test_quadrant_of_one_peak(height, width, row, column, expected):
    attention = torch.full((1, 1, height * width), 0.1)
    attention[0, 0, row * width + column] = 0.9
    features = torch.ones(1, height * width, 2)
    assert quadrant(attention, features, height, width).item() == expected


def test_ties_go_to_the_first_row_and_the_first_column_independently():
    # Peaks at (0, 3) and (3, 0): first row and first column meet at (0, 0), no peak itself.
    attention = torch.full((1, 1, 4, 4), 0.1)
    attention[0, 0, 0, 3] = attention[0, 0, 3, 0] = 0.5
    assert quadrant(attention.flatten(2), torch.ones(1, 16, 1), 4, 4).item() == 0


def test_response_may_be_negative():
    attention = torch.tensor([[[0.1, 0.7, 0.1, 0.1]]])
    assert quadrant(attention, -torch.ones(1, 4, 1), 2, 2).item() == 0
