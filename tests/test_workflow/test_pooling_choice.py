"""The weight of the peaks of saliency maps is the best one on the validation labels."""

import copy
import math

import numpy as np
import pytest
from helpers.features import frozen_config
from helpers.training import CONFIGS
from mmengine.config import Config
from mmengine.runner import Runner
from sklearn.metrics import average_precision_score

from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.features import use_cached_features
from dsrb_mm.workflow import pooling_choice
from dsrb_mm.workflow.pooling_choice import choose_saliency_weight, pooled_average_precision


@pytest.fixture
def cfg(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cfg = frozen_config(tmp_path)
    head = Config.fromfile(CONFIGS / 'saliency_scenes_p50.py').model.head
    cfg.model = dict(type='ImageClassifier', backbone=cfg.model.backbone, head=head)
    return cfg


def by_hand(cfg, weight):
    """Pooled average precision of a plain training, by scikit-learn."""
    cfg = copy.deepcopy(use_cached_features(cfg))
    cfg.model.head.saliency_weight = weight
    cfg.experiment_name = f'by hand {weight}'
    complete_model(cfg)
    runner = Runner.from_cfg(cfg)
    model = runner.train().eval()
    logits, labels = [], []
    for batch in runner.val_loop.dataloader:
        for sample in model.val_step(batch):
            logits += sample.pred_logit.tolist()
            labels += sample.gt_score.tolist()
    return average_precision_score(labels, logits)


def test_the_weight_ranks_best_that_a_plain_training_ranks_best(cfg):
    before = copy.deepcopy(cfg.to_dict())
    weight, scores = choose_saliency_weight(cfg, (0.0, 16.0))
    assert cfg.to_dict() == before
    expected = {w: by_hand(cfg, w) for w in (0.0, 16.0)}
    # The interpolated average precision is a little higher.
    assert scores == pytest.approx({w: 100 * e for w, e in expected.items()}, abs=3)
    assert scores[weight] == max(scores.values())
    assert weight == max(expected, key=expected.__getitem__)


def test_average_precision_of_one_ranking():
    scores = np.array([[0.9, 0.1], [0.8, 0.7]])
    assert pooled_average_precision(scores, np.array([[1, 0], [0, 1]])) == pytest.approx(
        100 * (1 + 2 / 3) / 2
    )
    # Unknown entries leave the ranking; they are absent where nothing is known to be.
    assert pooled_average_precision(scores, np.array([[1, 0], [-1, 1]])) == 100
    assert pooled_average_precision(scores, np.array([[1, -1], [-1, 1]])) < 100
    assert math.isnan(pooled_average_precision(scores, np.array([[0, -1], [-1, 0]])))


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
    monkeypatch.setattr(pooling_choice, 'build_split', lambda cfg, split: None)
    monkeypatch.setattr(pooling_choice, '_score', lambda cfg, weight, data: scores[weight])
    assert choose_saliency_weight(None, tuple(scores))[0] == best
