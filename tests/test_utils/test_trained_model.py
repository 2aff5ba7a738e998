import pytest
import torch
from fixtures.training import tiny_config
from mmpretrain.registry import MODELS

from dsrb_mm.utils.trained_model import load_trained_model

CLASSES = ['cat', 'dog', 'bird']


@pytest.fixture
def saved(tmp_path):
    cfg = tiny_config('dsrb_csv.py', tmp_path, 3)
    cfg.model.setdefault('data_preprocessor', cfg.data_preprocessor)
    state = MODELS.build(cfg.model).state_dict()
    meta = dict(dataset_meta=dict(classes=tuple(CLASSES)))
    file = tmp_path / 'model.pth'
    torch.save(dict(meta=meta, state_dict=state), file)
    return cfg, file, state


def test_weights_are_loaded(saved):
    cfg, file, state = saved
    model = load_trained_model(cfg, file, CLASSES, 'cpu')
    assert not model.training
    for name, value in model.state_dict().items():
        assert torch.allclose(value.float(), state[name].float(), equal_nan=True), name
    assert model.data_preprocessor._enable_normalize


def test_other_categories(saved):
    cfg, file, _ = saved
    with pytest.raises(ValueError, match="'dog' instead of 'cow'"):
        load_trained_model(cfg, file, ['cat', 'cow', 'bird'], 'cpu')
    with pytest.raises(ValueError, match='4 categories .* 3 categories, the same up to there'):
        load_trained_model(cfg, file, [*CLASSES, 'cow'], 'cpu')


def test_weights_that_do_not_fit(saved, tmp_path):
    cfg, file, state = saved
    other = tmp_path / 'other.pth'
    torch.save({**state, 'extra.weight': torch.zeros(1)}, other)
    with pytest.raises(ValueError, match=r"does not have: \['extra.weight'\]"):
        load_trained_model(cfg, other, None, 'cpu')
    cfg.model.neck.out_channels = cfg.model.head.in_channels = 16
    with pytest.raises(ValueError, match='size mismatch'):
        load_trained_model(cfg, file, CLASSES, 'cpu')
    with pytest.raises(FileNotFoundError):
        load_trained_model(cfg, tmp_path / 'none.pth', None, 'cpu')
