"""The weight of the peaks of saliency maps is the best one on the validation labels."""

import copy
import math

import pytest
from helpers.features import frozen_config
from helpers.training import CONFIGS
from mmengine.config import Config
from mmengine.runner import Runner

from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.features import use_cached_features
from dsrb_mm.workflow import pooling_choice
from dsrb_mm.workflow.pooling_choice import choose_saliency_weight


@pytest.fixture
def cfg(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cfg = frozen_config(tmp_path)
    head = Config.fromfile(CONFIGS / 'saliency_scenes_p50.py').model.head
    cfg.model = dict(type='ImageClassifier', backbone=cfg.model.backbone, head=head)
    return cfg


def trained_map(cfg, weight):
    """mAP of a plain training, from a config written by hand."""
    cfg = copy.deepcopy(use_cached_features(cfg))
    cfg.model.head.saliency_weight = weight
    cfg.experiment_name = f'by hand {weight}'
    complete_model(cfg)
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner.val_loop.run()['multi-label/mAP']


def test_scores_are_those_of_a_training_with_each_weight(cfg, tmp_path):
    before = copy.deepcopy(cfg.to_dict())
    weight, scores = choose_saliency_weight(cfg, (0.0, 4.0))
    assert cfg.to_dict() == before
    assert scores == pytest.approx({w: trained_map(cfg, w) for w in (0.0, 4.0)})
    assert scores[weight] == max(scores.values())


@pytest.mark.parametrize(
    ('scores', 'best'),
    [
        ({0.0: 3.0, 0.5: 2.0, 2.0: 1.0}, 0.0),
        ({0.0: 1.0, 0.5: math.nan, 2.0: 1.5}, 2.0),
        ({0.0: math.nan, 0.5: math.nan, 2.0: math.nan}, 0.5),
        ({0.0: math.nan, 4.0: math.nan}, 0.0),
    ],
)
def test_undefined_scores_are_not_chosen(scores, best, monkeypatch):
    monkeypatch.setattr(pooling_choice, 'use_cached_features', lambda cfg, **options: cfg)
    monkeypatch.setattr(pooling_choice, '_score', lambda cfg, weight: scores[weight])
    assert choose_saliency_weight(None, tuple(scores))[0] == best
