"""Resizing by torchvision against Pillow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmcv.transforms import Resize
from mmengine.config import Config
from mmpretrain.registry import TRANSFORMS

from dsrb_mm.datasets.transforms import AntialiasedResize
from tests.helpers.training import CONFIGS

RNG = np.random.default_rng(0)


def smooth(height, width):
    """An image with edges and gradients, as photographs have."""
    blocks = np.kron(RNG.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3)), np.ones((8, 8, 1)))
    noise = RNG.normal(0, 8, (height, width, 3))
    return np.clip(blocks[:height, :width] + noise, 0, 255).astype(np.uint8)


def by_pillow(results, interpolation='bicubic', **arguments):
    return Resize(backend='pillow', interpolation=interpolation, **arguments)(results)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(9, 300),
    st.integers(9, 300),
    st.integers(8, 200),
    st.integers(8, 200),
    st.sampled_from(['bilinear', 'bicubic']),
)
def test_pixels_are_those_of_pillow(height, width, new_height, new_width, interpolation):
    image, scale = smooth(height, width), (new_width, new_height)
    found = AntialiasedResize(scale=scale, interpolation=interpolation)(dict(img=image))['img']
    # Width first, as all versions of Pillow did before 13.
    expected = dict(img=image)
    for size in ((new_width, height), scale):
        expected = by_pillow(expected, interpolation, scale=size)
    expected = expected['img']
    difference = np.abs(found.astype(int) - expected)
    assert found.shape == expected.shape and found.dtype == np.uint8 and found.flags.c_contiguous
    assert difference.max() <= 2 and difference.mean() < 0.2


@pytest.mark.parametrize(
    'arguments',
    [dict(scale=40), dict(scale=(40, 30), keep_ratio=True), dict(scale_factor=0.5)],
)
def test_everything_else_is_that_of_mmcv(arguments):
    def results():
        return dict(
            img=smooth(60, 100),
            gt_bboxes=np.array([[10.0, 20, 30, 40]], np.float32),
            gt_seg_map=np.arange(6000, dtype=np.uint8).reshape(60, 100),
        )

    found = AntialiasedResize(**arguments)(results())
    expected = by_pillow(results(), **arguments)
    assert found.keys() == expected.keys()
    for key in ('img_shape', 'scale', 'keep_ratio'):
        assert found[key] == expected[key]
    for key in ('scale_factor', 'gt_bboxes', 'gt_seg_map'):
        np.testing.assert_allclose(found[key], expected[key])


def test_grey_images_and_views():
    grey = AntialiasedResize(scale=(8, 6))(dict(img=smooth(20, 30)[..., 0]))
    assert grey['img'].shape == (6, 8)
    image = smooth(20, 30)
    flipped = AntialiasedResize(scale=(8, 6))(dict(img=image[..., ::-1]))['img']
    straight = AntialiasedResize(scale=(8, 6))(dict(img=image))['img']
    np.testing.assert_array_equal(flipped, straight[..., ::-1])


def test_wrong_settings_and_images():
    with pytest.raises(ValueError, match="interpolation to be one of .*'nearest'"):
        AntialiasedResize(scale=8, interpolation='nearest')
    with pytest.raises(TypeError, match='uint8, but got float32'):
        AntialiasedResize(scale=8)(dict(img=np.zeros((9, 9, 3), np.float32)))


def test_the_published_protocol_uses_it():
    steps = Config.fromfile(CONFIGS / '_base_/datasets/partial_448.py').train_pipeline
    kinds = [step.type for step in steps]
    assert kinds.count('AntialiasedResize') == 2 and 'Resize' not in kinds
    assert isinstance(TRANSFORMS.build(steps[1]), AntialiasedResize)
