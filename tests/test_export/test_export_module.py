import numpy as np
import pytest
import torch
from helpers.inference import inference_config, write_checkpoint

from dsrb_mm.apis import MultiLabelInferencer
from dsrb_mm.export import ExportModule


def test_rgb_in_scores_and_attention_out(small_model):
    rgb = np.random.default_rng(0).integers(0, 256, (3, 44, 60, 3), np.uint8)
    results = MultiLabelInferencer(small_model)(
        list(rgb), progress=False, return_attention=True, channel_order='rgb'
    )
    module = ExportModule(small_model)
    with torch.no_grad():
        outputs = module(torch.from_numpy(rgb).permute(0, 3, 1, 2).float())
    assert module.output_names == ['scores', 'logits', 'attention']
    found = dict(zip(module.output_names, outputs, strict=True))
    assert found['attention'].shape == (3, 4, 6, 8)
    for name, key in (('scores', 'pred_scores'), ('attention', 'attention')):
        expected = np.stack([result[key] for result in results])
        np.testing.assert_allclose(found[name].numpy(), expected, rtol=1e-4, atol=1e-6)
    assert torch.allclose(found['logits'].sigmoid(), found['scores'])


def test_the_model_is_left_as_it_is(tmp_path):
    cfg = inference_config()
    inner = cfg.model.backbone.to_dict()
    cfg.model.backbone = dict(type='FrozenBackbone', cache_bytes=10**8, backbone=inner)
    model = write_checkpoint(cfg, tmp_path / 'a.pth').double().train()
    module = ExportModule(model)
    assert module.model.backbone.cache_bytes == 0 and model.backbone.cache_bytes == 10**8
    assert not module.training and not module.model.head.training and model.head.training
    assert model.head.classifier.bias.dtype == torch.float64
    assert module(torch.zeros(1, 3, 64, 64))[0].dtype == torch.float32


@pytest.mark.skipif(
    not hasattr(getattr(torch, 'compiler', None), 'is_exporting'), reason='needs torch>=2.7'
)
def test_torch_export_serves_all_batch_sizes(small_model):
    module = ExportModule(small_model)
    with torch.no_grad():
        program = torch.export.export(
            module, (torch.rand(2, 3, 44, 60),), dynamic_shapes=({0: torch.export.Dim('batch')},)
        )
        exported = program.module()
        for size in (1, 2, 7):
            images = torch.rand(size, 3, 44, 60) * 255
            for one, other in zip(module(images), exported(images), strict=True):
                assert torch.allclose(one, other, atol=1e-5)
