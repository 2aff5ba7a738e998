import numpy as np
import pytest
import torch
from helpers.features import frozen_config
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS

from dsrb_mm.completion import TrustRule, complete
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.features import use_cached_features


def test_scores_by_cached_features(tmp_path):
    cfg = frozen_config(tmp_path)
    init_default_scope('mmpretrain')
    complete_model(cfg)
    model = MODELS.build(dict(cfg.model, data_preprocessor=None))
    model.init_weights()
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'a.pth')
    cached = use_cached_features(cfg, tmp_path / 'features')
    found = [
        complete(config, str(tmp_path / 'a.pth'), TrustRule(0.5), device='cpu')
        for config in (cfg, cached)
    ]
    np.testing.assert_allclose(found[0].scores, found[1].scores, atol=1e-3)
    np.testing.assert_allclose(found[0].held_out.scores, found[1].held_out.scores, atol=1e-3)
    (tmp_path / 'answers.csv').write_text('path,cat\n')
    with pytest.raises(ValueError, match='val or test .* with cached features, but got .*answers'):
        complete(cached, '', TrustRule(0.5), holdout=str(tmp_path / 'answers.csv'))
