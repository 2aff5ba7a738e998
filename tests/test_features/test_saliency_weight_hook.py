"""The saliency weight is the best one on the validation labels."""

import copy

import numpy as np
import pytest
import torch
from helpers.features import frozen_config
from helpers.training import CONFIGS
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from sklearn.metrics import average_precision_score

from dsrb_mm.apis import MultiLabelInferencer
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.evaluation import MicroAveragePrecision
from dsrb_mm.features import saliency_weight_hook, use_cached_features
from dsrb_mm.features.saliency_weight_hook import SaliencyWeightHook, choose_saliency_weight


@pytest.fixture
def cfg(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cfg = frozen_config(tmp_path)
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        pipeline = copy.deepcopy(loader.dataset.dataset.pipeline)
        pipeline[1] = dict(type='Resize', scale=(160, 160))  # more locations than the five highest
        loader.dataset.dataset.pipeline = pipeline
    head = Config.fromfile(CONFIGS / 'saliency_scenes_p50.py').model.head
    cfg.model = dict(type='ImageClassifier', backbone=cfg.model.backbone, head=head)
    return cfg


def train(cfg, name, weight=None, hooks=(), weights=(0.0, 16.0), **options):
    """Train without the hook, or with it where no weight is given."""
    cfg = copy.deepcopy(cfg)
    if weight is None:
        cfg.custom_hooks = [dict(type='SaliencyWeightHook', weights=weights), *hooks]
    else:
        cfg.model.head.saliency_weight = weight
    cfg.merge_from_dict(options)
    cfg.experiment_name, cfg.work_dir = name, name
    complete_model(cfg)
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner


def ranked(runner):
    """Average precision of all validation labels in one ranking, by scikit-learn."""
    logits, labels = [], []
    for batch in runner.val_loop.dataloader:
        for sample in runner.model.eval().val_step(batch):
            logits += sample.pred_logit.tolist()
            labels += sample.gt_score.tolist()
    return average_precision_score(labels, logits)


@pytest.fixture
def every_gain_is_clear(monkeypatch):
    monkeypatch.setattr(
        saliency_weight_hook, 'clearly_better', lambda one, own, draws: one.value > own.value
    )


def test_the_weight_ranks_best_that_a_plain_training_ranks_best(cfg, every_gain_is_clear):
    cached = use_cached_features(cfg)
    before = copy.deepcopy(cfg.to_dict())
    weight, scores = choose_saliency_weight(cfg, (0.0, 16.0))
    assert cfg.to_dict() == before
    expected = {w: ranked(train(cached, f'by hand {w}', w)) for w in (0.5, 0.0, 16.0)}
    # The interpolated average precision is a little higher.
    assert scores == pytest.approx({w: 100 * e for w, e in expected.items()}, abs=3)
    assert scores[weight] == max(scores.values())
    assert weight == max(expected, key=expected.__getitem__)


@pytest.mark.parametrize('cached', [False, True])
def test_the_training_is_that_with_the_chosen_weight(cfg, cached, tmp_path, every_gain_is_clear):
    chosen = choose_saliency_weight(cfg, (0.0, 16.0))[0]
    cfg = use_cached_features(cfg) if cached else cfg
    runner = train(cfg, f'hook {cached}')
    weights = runner.model.head.state_dict()
    assert weights['saliency_weights'].tolist() == [chosen]
    plain = train(cfg, f'plain {cached}', chosen).model.head.state_dict()
    assert weights.keys() == plain.keys()
    for name, value in plain.items():
        assert torch.equal(weights[name], value), name
    # What the runner logs goes on in its own log, as does what asks for the current one.
    assert MMLogger.get_current_instance() is not runner.logger  # the plain training's
    log = next(tmp_path.glob(f'hook {cached}/*/*.log')).read_text()
    assert f'saliency weight: {chosen:g}\n' in log
    assert '  16: average precision' in log
    assert 'Epoch(train) [2][3/3]' in log
    assert not [
        name
        for manager in (MMLogger, MessageHub, DefaultScope)
        for name in manager._instance_dict
        if name.startswith('saliency_weight')
    ]


class Current(Hook):
    """Remembers the current logger after training."""

    def after_train(self, runner):
        self.logger = MMLogger.get_current_instance()


def test_the_logger_of_the_training_stays_the_current_one(cfg):
    current = Current()
    cfg = use_cached_features(cfg)
    cfg.custom_hooks = [dict(type='SaliencyWeightHook', weights=(0.0, 1.0))]
    cfg.experiment_name = 'current'
    complete_model(cfg)
    runner = Runner.from_cfg(cfg)
    runner.register_hook(current)
    runner.train()
    assert current.logger is runner.logger


def test_a_checkpoint_predicts_with_the_chosen_weight(cfg, tmp_path, every_gain_is_clear):
    runner = train(cfg, 'work')
    (weight,) = runner.model.head.saliency_weights.tolist()
    assert cfg.model.head.saliency_weight == 0.5 != weight
    image = next((tmp_path / 'val').glob('*.jpg'), None) or next(tmp_path.rglob('*.jpg'))
    (found,) = MultiLabelInferencer(runner.cfg, 'work/epoch_2.pth')(str(image))
    cfg.model.head.saliency_weight = weight
    plain = train(cfg, 'plain', weight)
    (expected,) = MultiLabelInferencer(plain.cfg, 'plain/epoch_2.pth')(str(image))
    np.testing.assert_array_equal(found['pred_scores'], expected['pred_scores'])


def test_an_averaged_model_has_the_chosen_weight_and_a_resumed_one_keeps_it(
    cfg, monkeypatch, every_gain_is_clear
):
    ema = dict(type='EMAHook', ema_type='ExponentialMovingAverage')
    runner = train(cfg, 'work', hooks=[ema])
    chosen = runner.model.head.saliency_weights.clone()
    (average,) = [hook.ema_model.module for hook in runner.hooks if hasattr(hook, 'ema_model')]
    assert torch.equal(average.head.saliency_weights, chosen)
    monkeypatch.setattr(
        saliency_weight_hook, 'choose_saliency_weight', lambda *_: pytest.fail('chosen again')
    )
    resumed = train(cfg, 'work', hooks=[ema], resume=True, **{'train_cfg.max_epochs': 3})
    assert resumed.epoch == 3
    assert torch.equal(resumed.model.head.saliency_weights, chosen)


_ITERATIONS = dict(_delete_=True, by_epoch=False, max_iters=3, val_interval=3)


@pytest.mark.parametrize(
    ('options', 'reason'),
    [
        (dict(val_dataloader=None, val_cfg=None, val_evaluator=None), 'no validation set'),
        (dict(load_from='epoch_2.pth'), 'load_from could change'),
        (dict(train_cfg=_ITERATIONS), 'not one in epochs'),
    ],
)
def test_where_nothing_can_be_chosen_the_weight_stays(cfg, options, reason, tmp_path):
    if 'load_from' in options:
        train(cfg, str(tmp_path), 0.5)
    elif 'train_cfg' in options:
        cfg.param_scheduler = None
        cfg.default_hooks.checkpoint.by_epoch = False
    else:
        cfg.default_hooks.checkpoint.save_best = None
        cfg.default_hooks.pop('calibration')
    runner = train(cfg, 'work', **options)
    assert runner.model.head.saliency_weights.tolist() == [0.5]
    assert reason in next(tmp_path.glob('work/*/*.log')).read_text()


def test_another_head_is_refused(cfg):
    cfg.model.head.saliency_weight = [0.5, 2.0]
    with pytest.raises(ValueError, match='but model.head is a SaliencyHead with 2'):
        train(cfg, 'pair')
    linear = Config.fromfile(CONFIGS / 'bce_scenes_p50.py').model
    cfg.model = dict(cfg.model, neck=linear.neck, head=linear.head)
    with pytest.raises(ValueError, match='PartialLabelLinearHead$'):
        train(cfg, 'linear')


@pytest.mark.parametrize(
    ('weights', 'error'), [((), ValueError), ((-1,), ValueError), (('a',), TypeError)]
)
def test_weights_are_checked(weights, error):
    with pytest.raises(error, match='weights'):
        SaliencyWeightHook(weights)


@pytest.mark.parametrize(
    ('noise', 'best'),
    [
        ({0.0: 3.0, 0.5: 3.0, 2.0: 0.5}, 2.0),
        ({0.0: 0.8, 0.5: 3.0, 2.0: 0.5}, 2.0),
        ({0.0: 0.5, 0.5: 3.0, 2.0: 0.8}, 0.0),
        ({0.0: 3.0, 0.5: 3.0, 2.0: 2.9}, 0.5),
        ({0.0: 3.0, 0.5: 0.5, 2.0: 3.0}, 0.5),
        ({0.0: 0.5, 4.0: 3.0}, 0.0),
    ],
)
@pytest.mark.parametrize('present', [True, False])
def test_the_weight_of_the_config_stays_unless_another_is_clearly_better(
    noise, best, present, monkeypatch
):
    rng = np.random.default_rng(0)
    labels = ((rng.random((200, 4)) < 0.3) & present).astype(int)
    own = 0.5 if 0.5 in noise else 4.0

    def precision(cfg, weight):
        return MicroAveragePrecision(labels + noise[weight] * rng.normal(size=(200, 4)), labels)

    monkeypatch.setattr(saliency_weight_hook, 'use_cached_features', lambda cfg, *_, **__: cfg)
    monkeypatch.setattr(saliency_weight_hook, '_precision', precision)
    cfg = Config(dict(model=dict(head=dict(saliency_weight=own))))
    weight, scores = choose_saliency_weight(cfg, tuple(w for w in noise if w != own))
    assert weight == (best if present else own)
    assert scores.keys() == noise.keys()
