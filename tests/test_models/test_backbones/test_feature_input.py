import pytest
import torch

from dsrb_mm.models import FeatureInput, FrozenBackbone

BACKBONE = dict(type='ResNet', depth=18, out_indices=(3,), base_channels=8)


def test_maps_pass_unchanged():
    maps = torch.randn(2, 5, 3, 3)
    (found,) = FeatureInput(5)(maps)
    assert found is maps


@pytest.mark.parametrize('shape', [(2, 3, 64, 64), (2, 5)])
def test_images_are_refused(shape):
    with pytest.raises(ValueError, match='feature maps of 5 channels'):
        FeatureInput(5)(torch.zeros(shape))


def test_a_kept_backbone_stands_in_checkpoints_as_a_frozen_one():
    model, frozen = FeatureInput(64, BACKBONE), FrozenBackbone(BACKBONE)
    assert model.state_dict().keys() == frozen.state_dict().keys()
    assert not any(parameter.requires_grad for parameter in model.parameters())
    model.train()
    assert not any(module.training for module in model.modules())


def test_bad_channels():
    with pytest.raises(ValueError, match='channels'):
        FeatureInput(0)
