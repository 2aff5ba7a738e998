import re
import sys

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS
from oracles import dense
from oracles.wiring import LargestTensor, build_neck, maximum_deviation, oracle_parameters

from dsrb_mm.models import CSRLNeck
from dsrb_mm.words.word_vectors import WordVectorMismatchError

ATTENTION = sys.modules['dsrb_mm.models.layers.semantic_attention']


def save_vectors(tmp_path, num_classes, width, name='words.npy'):
    vectors = np.random.default_rng(0).standard_normal((num_classes, width)).astype(np.float32)
    path = tmp_path / name
    np.save(path, vectors)
    return str(path)


def compare(neck, image_map, tolerance):
    """Values, parameter gradients and input gradients against the dense form."""
    image_map = image_map.requires_grad_()
    reference = image_map.detach().double().requires_grad_()
    leaves, params = oracle_parameters(neck, None)
    features = dense.pool2(reference) if isinstance(neck.pool, torch.nn.AvgPool2d) else reference
    if 'conv' in params:
        features = dense.project(features, params, neck.training)
    expected_attention, maps = dense.attended_maps(features, params)
    expected = maps.sum((1, 2))

    result = neck((None, image_map))
    weight = torch.randn_like(result.semantic)
    (result.semantic * weight).sum().backward()
    (expected * weight.double()).sum().backward()
    assert maximum_deviation(result.semantic, expected) < tolerance
    expected_attention = expected_attention.permute(0, 3, 1, 2)
    assert maximum_deviation(result.attention, expected_attention) < tolerance
    assert torch.equal(result.quadrant, dense.quadrants(maps))
    assert maximum_deviation(image_map.grad, reference.grad) < tolerance
    for name, parameter in neck.named_parameters():
        wanted = leaves[f'neck.{name}'].grad
        if name in ('joint.bias', 'score.bias'):  # in theory zero: a constant under the softmax
            assert not parameter.grad.any()
            assert wanted.abs().max() < 1e-12
        else:
            assert maximum_deviation(parameter.grad, wanted) < tolerance, name


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('pool_size', [1, 2])
@pytest.mark.parametrize('in_channels', [6, 9])
def test_float64_agrees_with_the_dense_form(in_channels, pool_size, training):
    neck = build_neck(in_channels=in_channels, pool_size=pool_size).double().train(training)
    if in_channels != 6:
        neck.projection[1].running_mean.normal_()
        neck.projection[1].running_var.uniform_(0.5, 2)
    compare(neck, torch.randn(3, in_channels, 4, 6, dtype=torch.float64), 1e-10)


@pytest.mark.parametrize('in_channels', [6, 9])
def test_float32_agrees_with_the_dense_form(in_channels):
    neck = build_neck(in_channels=in_channels, pool_size=2)
    compare(neck, torch.randn(3, in_channels, 4, 6), 1e-6)


def test_word_vectors_of_a_file_any_width(tmp_path):
    for width in (3, 11):
        path = save_vectors(tmp_path, 5, width)
        neck = build_neck(word_vectors=path).double()
        assert 'word_vectors' not in dict(neck.named_parameters())
        np.testing.assert_array_equal(neck.word_vectors.numpy(), np.load(path))
        compare(neck, torch.randn(2, 6, 3, 3, dtype=torch.float64), 1e-10)


@pytest.mark.parametrize(
    ('in_channels', 'size', 'pool_size', 'pooled'),
    [
        (512, (7, 7), 1, (7, 7)),  # ResNet-18
        (768, (6, 4), 2, (3, 2)),  # ConvNeXt-tiny
        (192, (14, 14), 2, (7, 7)),  # ViT-tiny with out_type='featmap'
        (16, (1, 1), 2, (1, 1)),
        (16, (1, 5), 2, (1, 3)),
        (16, (3, 7), 2, (2, 4)),
        (32, (1, 1), 1, (1, 1)),
    ],
)
def test_shapes_of_usual_backbones(in_channels, size, pool_size, pooled):
    neck = MODELS.build(
        dict(
            type='CSRLNeck',
            in_channels=in_channels,
            num_classes=3,
            out_channels=32,
            attention_channels=16,
            pool_size=pool_size,
        )
    )
    result = neck((torch.randn(2, in_channels, *size),))
    assert result.attention.shape == (2, 3, *pooled)
    assert result.quadrant.shape == (2, 3)
    assert result.semantic.shape == result[-1].shape == (2, 3, 32)
    assert not result.attention.requires_grad
    torch.testing.assert_close(result.attention.sum((-2, -1)), torch.ones(2, 3))
    result.semantic.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in neck.parameters())


def test_pooling_of_an_odd_map_keeps_the_last_row_and_column():
    neck = build_neck(pool_size=2)
    image_map = torch.randn(1, 6, 3, 5)
    pooled = neck.pool(image_map)
    assert pooled.shape[-2:] == (2, 3)
    torch.testing.assert_close(pooled[..., 1, 0], image_map[..., 2, :2].mean(-1))
    torch.testing.assert_close(pooled[..., 1, 2], image_map[..., 2, 4])
    torch.testing.assert_close(pooled[..., 0, 2], image_map[..., :2, 4].mean(-1))


def test_one_location_gives_its_feature_to_every_category():
    neck = build_neck().eval()
    image_map = torch.randn(2, 6, 1, 1)
    result = neck((image_map,))
    assert torch.equal(result.attention, torch.ones(2, 5, 1, 1))
    torch.testing.assert_close(result.semantic, image_map.view(2, 1, 6).expand(2, 5, 6))


def test_tensor_input_and_no_grad_give_the_same():
    neck = build_neck()
    image_map = torch.randn(2, 6, 3, 3)
    result = neck((torch.zeros(1), image_map))
    with torch.no_grad():
        other = neck(image_map)
    for one, two in zip(result, other, strict=True):
        torch.testing.assert_close(one, two)


def test_permuting_categories_permutes_the_results():
    neck = build_neck()
    image_map, order = torch.randn(2, 6, 3, 3), torch.randperm(5)
    result = neck((image_map,))
    with torch.no_grad():
        neck.word_vectors.copy_(neck.word_vectors[order].clone())
    other = neck((image_map,))
    for one, two in zip(result, other, strict=True):
        torch.testing.assert_close(two, one[:, order])


def test_no_large_tensor_is_allocated():
    batch, categories, channels, joint, side = 2, 40, 64, 32, 7
    budget = 4 * batch * side * side * joint
    neck = build_neck(categories, channels, joint, in_channels=48)
    image_map = torch.randn(batch, 48, side, side, requires_grad=True)
    with LargestTensor() as largest:
        neck((image_map,)).semantic.square().sum().backward()
    assert 0 < largest.elements <= budget
    assert budget < batch * categories * side * side * min(joint, channels) / 5


def test_autocast_ends_before_the_softmax():
    neck = build_neck(in_channels=9)
    with torch.autocast('cpu', torch.bfloat16):
        result = neck((torch.randn(2, 9, 3, 3),))
    assert result.semantic.dtype == result.attention.dtype == torch.float32


@pytest.mark.parametrize('shape', [(2, 9, 6), (2, 6), (2, 7, 3, 3), (2, 6, 3, 3, 1)])
def test_input_that_is_no_map_or_has_other_channels(shape):
    neck = build_neck()
    message = f'expected a feature map of shape (B, 6, H, W) from the backbone, but got {shape}'
    with pytest.raises(ValueError, match=re.escape(message)):
        neck((torch.zeros(shape),))


@pytest.mark.parametrize(
    ('shape', 'option'), [((5, 8), 'model.neck.word_vectors='), ((3, 4), 'model.neck.num_classes=')]
)
def test_checkpoint_with_other_word_vectors(tmp_path, shape, option):
    neck = build_neck(word_vectors=save_vectors(tmp_path, 5, 4))
    state = neck.state_dict() | dict(word_vectors=torch.zeros(shape))
    message = f'expected word vectors of shape (5, 4) in the checkpoint, but got {shape}'
    with pytest.raises(ValueError, match=f'{re.escape(message)}.*{option}'):
        neck.load_state_dict(state)


def test_configured_word_vectors_are_never_replaced(tmp_path):
    neck = build_neck(word_vectors=save_vectors(tmp_path, 5, 4))
    neck.load_state_dict(neck.state_dict())
    neck.load_state_dict({k: v.half() for k, v in neck.state_dict().items()})
    other = build_neck()  # learnt, of the same width
    with pytest.raises(WordVectorMismatchError, match='others for 5 of 5 .*learned_channels=4'):
        neck.load_state_dict(other.state_dict())
    other.load_state_dict(neck.state_dict())  # learnt ones go on from what is loaded
    assert torch.equal(neck.word_vectors, other.word_vectors)


def test_word_vectors_for_another_number_of_categories(tmp_path):
    path = save_vectors(tmp_path, 4, 8)
    with pytest.raises(ValueError, match='5'):
        CSRLNeck(6, 5, path, out_channels=6, attention_channels=4)


def test_constants_of_the_score_keep_a_gradient_of_zero():
    neck = build_neck()
    neck((torch.randn(1, 6, 2, 2),)).semantic.sum().backward()
    assert torch.equal(neck.joint.bias.grad, torch.zeros(7))
    assert torch.equal(neck.score.bias.grad, torch.zeros(1))
