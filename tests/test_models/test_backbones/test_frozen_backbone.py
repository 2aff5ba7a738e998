import pytest
import torch

from dsrb_mm.models import FrozenBackbone

BACKBONE = dict(type='ResNet', depth=18, out_indices=(3,), base_channels=8)


def count_images(model):
    seen = []
    forward = model.backbone.forward
    model.backbone.forward = lambda x: (seen.append(len(x)), forward(x))[1]
    return seen


@pytest.mark.parametrize('cache_bytes', [0, 10**9])
def test_output_is_the_backbones_own_in_eval_mode(cache_bytes):
    model = FrozenBackbone(BACKBONE, cache_bytes).train()
    assert not model.backbone.training
    images = torch.randn(3, 3, 32, 32)
    with torch.no_grad():
        expected = model.backbone(images)[-1]
    for _ in range(2):
        (found,) = model(images)
        assert torch.equal(found, expected)
        assert not found.requires_grad


def test_nothing_of_it_trains():
    model = FrozenBackbone(BACKBONE)
    model.train()
    assert not any(module.training for module in model.modules())
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_an_image_is_computed_once_in_any_batch():
    model = FrozenBackbone(BACKBONE, cache_bytes=10**9)
    seen = count_images(model)
    images = torch.randn(4, 3, 32, 32)
    (first,) = model(images)
    (again,) = model(images[[2, 0]])
    assert torch.equal(again, first[[2, 0]])
    (mixed,) = model(torch.cat([images[1:2], torch.randn(1, 3, 32, 32)]))
    assert torch.equal(mixed[0], first[1])
    assert seen == [4, 1]


def test_same_image_twice_in_a_batch():
    model = FrozenBackbone(BACKBONE, cache_bytes=10**9)
    image = torch.randn(1, 3, 32, 32)
    (maps,) = model(image.repeat(3, 1, 1, 1))
    assert torch.equal(maps[0], maps[2])


def test_full_memory_computes_again():
    model = FrozenBackbone(BACKBONE, cache_bytes=300)  # one map of 64 channels, 1 x 1
    seen = count_images(model)
    images = torch.randn(2, 3, 32, 32)
    (first,) = model(images)
    (again,) = model(images)
    assert torch.allclose(first, again)
    assert seen == [2, 1]


def test_loading_weights_forgets():
    model = FrozenBackbone(BACKBONE, cache_bytes=10**9)
    other = FrozenBackbone(BACKBONE)
    images = torch.randn(2, 3, 32, 32)
    model(images)
    model.load_state_dict(other.state_dict())
    assert torch.equal(model(images)[0], other(images)[0])


def test_changing_weights_in_place_forgets():
    model = FrozenBackbone(BACKBONE, cache_bytes=10**9)
    images = torch.randn(2, 3, 32, 32)
    (before,) = model(images)
    with torch.no_grad():
        next(model.parameters()).mul_(2)
    (after,) = model(images)
    model.cache_bytes = 0
    assert torch.equal(after, model(images)[0]) and not torch.equal(after, before)


def test_images_of_the_same_numbers_in_another_shape_are_others():
    model = FrozenBackbone(BACKBONE, cache_bytes=10**9)
    images = torch.randn(1, 3, 32, 64)
    model(images)
    turned = images.reshape(1, 3, 64, 32)
    (found,) = model(turned)
    model.cache_bytes = 0
    assert torch.equal(found, model(turned)[0])


def test_bad_size():
    with pytest.raises(ValueError, match=r'cache_bytes.* -1'):
        FrozenBackbone(BACKBONE, cache_bytes=-1)
