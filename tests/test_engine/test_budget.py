"""The schedule of a number of steps, computed by hand."""

import pytest
from helpers.features import frozen_config
from helpers.tools import run_tool
from mmengine.config import Config

from dsrb_mm.engine.budget import apply_budget, auto_budget, fit_schedule
from dsrb_mm.models import Complement


def config(**train_dataloader):
    return Config(
        dict(
            model=dict(
                type='ImageClassifier',
                head=dict(
                    type='DSRBHead',
                    complements=[
                        dict(type='InstanceBlending', begin=3),
                        dict(type='PrototypeBlending', begin=3, interval=3),
                        dict(type='InstanceBlending', name='late'),  # begin=5 by default
                    ],
                    aux_losses=[dict(type='CategoryContrastiveLoss')],  # ramp_epochs=1
                ),
            ),
            train_dataloader=dict(batch_size=8, **train_dataloader),
            optim_wrapper=dict(optimizer=dict(type='Adam', lr=1e-3)),
            param_scheduler=dict(type='MultiStepLR', milestones=[10]),
            train_cfg=dict(by_epoch=True, max_epochs=12, val_interval=1),
            default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=1)),
        )
    )


def test_everything_follows_from_the_steps():
    cfg = config()
    fit_schedule(cfg, 400, num_samples=100)  # 13 iterations per epoch: 30.8 epochs
    assert cfg.train_cfg == dict(by_epoch=True, max_epochs=31, val_interval=3)
    warm, cosine = cfg.param_scheduler  # 403 iterations, 20 of them warm-up
    assert warm == dict(type='LinearLR', start_factor=1 / 21, by_epoch=False, begin=0, end=20)
    assert cosine == dict(type='CosineAnnealingLR', T_max=383, by_epoch=False, begin=20, end=403)
    first, second, late = cfg.model.head.complements
    assert first.begin == second.begin == 7.75
    assert second.interval == 8  # 7.75
    assert late.begin == pytest.approx(5 / 12 * 31)
    assert cfg.model.head.aux_losses[0].ramp_epochs == pytest.approx(31 / 12)
    assert cfg.default_hooks.checkpoint.interval == 3


def test_large_data_trains_one_epoch_at_least():
    cfg = config()
    fit_schedule(cfg, 400, num_samples=80_000)
    assert cfg.train_cfg.max_epochs == cfg.train_cfg.val_interval == 1
    assert cfg.param_scheduler[1].end == 10_000
    assert cfg.model.head.complements[0].begin == 0.25
    assert cfg.model.head.complements[1].interval == 1


def test_without_warm_up_there_is_a_cosine_only():
    cfg = config()
    fit_schedule(cfg, 13, num_samples=100, warmup=0)
    (cosine,) = cfg.param_scheduler
    assert (cosine.begin, cosine.T_max, cosine.end) == (0, 13, 13)


@pytest.mark.parametrize(
    ('change', 'epochs'),
    [
        (dict(train_dataloader=dict(drop_last=True)), 10),  # 12 iterations per epoch
        (dict(optim_wrapper=dict(accumulative_counts=2)), 18),  # 240 iterations of 13
    ],
)
def test_what_changes_the_number_of_steps_per_epoch(change, epochs):
    cfg = config()
    cfg.merge_from_dict(change)
    fit_schedule(cfg, 120, num_samples=100)
    assert cfg.train_cfg.max_epochs == epochs


def test_several_processes_share_the_samples(monkeypatch):
    cfg = config()
    cfg.launcher = 'pytorch'
    monkeypatch.setenv('WORLD_SIZE', '4')
    fit_schedule(cfg, 120, num_samples=100)  # 25 samples, 4 iterations per epoch and process
    assert cfg.train_cfg.max_epochs == 30


@pytest.mark.parametrize(
    ('known', 'steps'),
    [(10_000, 400), (40_000, 800), (2_500, 200), (10, 200), (160_000, 1600), (10**9, 1600)],
)
def test_budget_of_the_data(known, steps):
    assert auto_budget(known) == steps


def test_budget_reads_the_training_set(tmp_path):
    cfg = frozen_config(tmp_path)  # 24 images, 3 iterations per epoch
    apply_budget(cfg, 30)
    assert cfg.train_cfg.max_epochs == 10
    apply_budget(cfg, 'auto')  # 96 labels, half of them known: 200 steps
    assert cfg.train_cfg.max_epochs == 67


@pytest.mark.parametrize(
    ('budget', 'error'), [('many', ValueError), (0, ValueError), (1.5, TypeError)]
)
def test_wrong_budgets(budget, error):
    with pytest.raises(error, match='budget'):
        apply_budget(config(), budget)


def test_trainings_without_epochs_are_refused():
    cfg = config()
    cfg.train_cfg = dict(by_epoch=False, max_iters=100)
    with pytest.raises(ValueError, match='training in epochs'):
        fit_schedule(cfg, 100, 100)


def test_a_batch_larger_than_the_data_is_named():
    with pytest.raises(ValueError, match='too few for one batch of 8'):
        fit_schedule(config(drop_last=True), 100, 7)


@pytest.mark.parametrize('where', ['option', 'config'])
def test_training_takes_a_budget(tmp_path, where):
    cfg = frozen_config(tmp_path)
    if where == 'config':
        cfg.budget = 9
    cfg.dump(tmp_path / 'my.py')
    more = ['--budget', 9] if where == 'option' else []
    log = tmp_path / 'log.txt'
    arguments = [tmp_path / 'my.py', '--work-dir', tmp_path / 'work', *more]
    assert run_tool('train', arguments, log) == 0, log.read_text()
    assert (tmp_path / 'work' / 'epoch_3.pth').exists()


def test_what_changes_per_epoch_ends_where_it_would_have():
    cfg = config()
    cfg.model.head.loss = dict(type='LargeLoss')  # delta_rel=0.2 by default
    threshold = dict(type='FallingThreshold', step=0.05)
    complement = dict(type='CrossImageTransfer', threshold=threshold)
    cfg.model.head.complements.append(complement)
    fit_schedule(cfg, 39, num_samples=100)  # 3 epochs in place of 12
    assert cfg.model.head.loss.delta_rel == pytest.approx(0.8)
    assert threshold['step'] == pytest.approx(0.2)


class Strided(Complement):
    """Hands the begin of its base class on; its own step has nothing to do with epochs."""

    name = 'strided'
    per_epoch = ('growth',)

    def __init__(self, step=2, growth=0.5, **kwargs):
        super().__init__(**kwargs)


class Fixed(Complement):
    """Takes no begin."""

    name = 'fixed'

    def __init__(self):
        super().__init__(5)


def test_parts_name_the_arguments_that_follow_epochs():
    cfg = config()
    cfg.model.head.complements = [
        dict(type=Strided, begin=4, step=2), dict(type=Strided), dict(type=Fixed)
    ]  # fmt: skip
    fit_schedule(cfg, 39, num_samples=100)  # 3 epochs in place of 12
    parts = cfg.model.head.complements
    assert parts[0] == dict(type=Strided, begin=1, step=2, growth=2)
    assert parts[1] == dict(type=Strided, begin=0, growth=2)
    assert parts[2] == dict(type=Fixed)
