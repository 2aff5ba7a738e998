import torch
from mmpretrain.registry import MODELS

from dsrb_mm.models.backbones import export_efficientnet_lite0


def test_exported_weights_load_completely_and_recognise(tmp_path):
    file = export_efficientnet_lite0(tmp_path / 'a' / 'lite0.pth')
    weights = torch.load(file, weights_only=True)['state_dict']
    model = MODELS.build(dict(type='TIMMBackbone', model_name='tf_efficientnet_lite0'))
    assert weights.keys() == model.state_dict().keys()
    model.load_state_dict(weights)
    changed = file.stat().st_mtime_ns
    assert export_efficientnet_lite0(file).stat().st_mtime_ns == changed
