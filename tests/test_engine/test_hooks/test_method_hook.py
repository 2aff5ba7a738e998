"""Labels, schedule and passes reach every part, in epoch-based and iteration-based training."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.inference import write_config
from helpers.tools import run_tool
from helpers.training import coco_config
from mmengine.runner import Runner
from mmpretrain.registry import MODELS

from dsrb_mm.engine.hooks.method_hook import UnsuitableTrainingSetError
from dsrb_mm.models import Complement

CLASSES = ['a', 'b', 'c', 'd']
IMAGES, LENGTH = 20, 3  # with batches of 8


class Watch(Complement):
    """Writes down what it is told."""

    name = 'watch'

    def __init__(self, due=(), **kwargs):
        super().__init__(**kwargs)
        self.due = set(due)
        self.labels, self.progress, self.passes, self.indices = [], [], [], []

    def see_labels(self, labels):
        self.labels.append(labels)

    def advance(self, progress):
        super().advance(progress)
        self.progress.append(progress)

    def pass_is_due(self, progress):
        return progress.iteration in self.due

    def start_pass(self, progress):
        self.passes.append(len(self.progress))
        self.indices.append([])

    def observe(self, batch):
        assert not self.training and not batch.features.requires_grad
        assert batch.logits.shape == batch.target.shape
        self.indices[-1] += batch.indices.tolist()

    def finish_pass(self):
        return 'watched'

    def forward(self, batch):
        return None


@pytest.fixture
def cfg(tmp_path):
    MODELS.register_module(module=Watch, force=True)
    write_coco(tmp_path / 'data', 'train', random_labels(IMAGES, 4), CLASSES)
    cfg = coco_config(tmp_path / 'data', tmp_path / 'work', 4, epochs=5)
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.experiment_name = tmp_path.name
    cfg.default_hooks.checkpoint.interval = 1
    cfg.default_hooks.checkpoint.max_keep_ckpts = -1
    yield cfg
    MODELS.module_dict.pop('Watch')


def count_iterations(cfg, iterations, sampler='InfiniteSampler'):
    """Turn a config into one of iteration-based training."""
    cfg.train_cfg = dict(by_epoch=False, max_iters=iterations, val_interval=1000)
    cfg.train_dataloader.sampler = dict(type=sampler, shuffle=True)
    cfg.param_scheduler = None
    cfg.default_hooks.checkpoint.update(by_epoch=False, interval=LENGTH)
    cfg.log_processor = dict(by_epoch=False)
    return cfg


def watch(cfg, due=()):
    cfg.model.head.complements = [dict(type='Watch', due=due, begin=0)]
    runner = Runner.from_cfg(cfg)
    return runner, runner.model.head.complements['watch']


def scalars(cfg):
    files = sorted(Path(cfg.work_dir).glob('*/vis_data/scalars.json'))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@pytest.mark.parametrize('by_epoch', [True, False])
def test_labels_and_progress_reach_all_parts(cfg, by_epoch):
    cfg.train_cfg.max_epochs = 2
    if not by_epoch:
        count_iterations(cfg, 2 * LENGTH)
    runner, part = watch(cfg)
    seen = []
    for other in (runner.model.head, runner.model.head.graph, runner.model.head.loss_module):
        see_labels = type(other).see_labels
        other.see_labels = lambda labels, o=other, f=see_labels: (seen.append(o), f(o, labels))
    runner.train()
    (labels,) = part.labels
    assert np.array_equal(labels, runner.train_dataloader.dataset.label_matrix())
    assert len(seen) == 3
    assert [p.iteration for p in part.progress] == list(range(2 * LENGTH))
    assert {(p.epoch_length, p.max_iterations) for p in part.progress} == {(LENGTH, 2 * LENGTH)}
    assert runner.model.head.graph.adjacency.any()


@pytest.mark.parametrize('by_epoch', [True, False])
def test_a_pass_shows_every_image_once(cfg, by_epoch):
    due = [0, 2 * LENGTH, 3 * LENGTH]
    if not by_epoch:
        count_iterations(cfg, 5 * LENGTH)
        due = [0, 4, 5]  # anywhere
    runner, part = watch(cfg, due)
    runner.train()
    assert part.passes == due
    assert [sorted(indices) for indices in part.indices] == [list(range(IMAGES))] * 3
    assert part.indices[0] != part.indices[1]  # another order every time
    assert runner.model.training
    log = next(Path(cfg.work_dir).glob('*/*.log')).read_text()
    assert log.count('pass over the training set') == 3 and ': watched' in log


@pytest.mark.parametrize('by_epoch', [True, False])
def test_dsrb_blends_from_its_epoch_on(cfg, by_epoch):
    """Iteration-based training used to blend nothing, without a word."""
    for complement in cfg.model.head.complements:
        complement.begin = 2
    cfg.model.head.complements[1].interval = 2
    if not by_epoch:
        count_iterations(cfg, 5 * LENGTH)
    runner = Runner.from_cfg(cfg)
    bank, filled = runner.model.head.complements['pprb'].bank, []
    finish = bank.finish
    bank.finish = lambda: (filled.append(runner.iter), finish())
    runner.train()
    assert filled == [2 * LENGTH, 4 * LENGTH]
    rows = [row for row in scalars(cfg) if 'loss_plain' in row]
    assert len(rows) == 5 * LENGTH
    for name in ('loss_iprb', 'loss_pprb', 'pprb_changed', 'alpha', 'beta'):
        logged = [number for number, row in enumerate(rows) if name in row]
        assert logged == list(range(2 * LENGTH, 5 * LENGTH)), name


@pytest.mark.parametrize('by_epoch', [True, False])
@pytest.mark.parametrize('epoch', [2, 3])
def test_a_resumed_training_goes_on_in_the_schedule(cfg, by_epoch, epoch):
    """Passes at epochs 2 and 4: the one that follows the checkpoint is made, none is repeated."""
    for complement in cfg.model.head.complements:
        complement.begin = 2
    cfg.model.head.complements[1].interval = 2
    if not by_epoch:
        count_iterations(cfg, 5 * LENGTH)
    whole = Runner.from_cfg(cfg)
    whole.train()

    name = f'epoch_{epoch}.pth' if by_epoch else f'iter_{epoch * LENGTH}.pth'
    cfg.load_from, cfg.resume = str(Path(cfg.work_dir) / name), True
    cfg.work_dir += '_resumed'
    cfg.experiment_name += ' resumed'
    resumed = Runner.from_cfg(cfg)
    complements, filled, active = resumed.model.head.complements, [], []
    finish = complements['pprb'].bank.finish
    complements['pprb'].bank.finish = lambda: (filled.append(resumed.iter), finish())
    complements['iprb'].register_forward_hook(lambda *_: active.append(resumed.iter))
    resumed.train()
    assert filled == [LENGTH * e for e in (2, 4) if e >= epoch]
    assert active == list(range(epoch * LENGTH, 5 * LENGTH))
    if by_epoch:  # the generators are seeded by epoch
        one, other = whole.model.state_dict(), resumed.model.state_dict()
        assert [n for n in one if not torch.equal(one[n], other[n])] == []


def test_averaged_models_get_prototypes_too(cfg):
    cfg.custom_hooks = [dict(type='EMAHook', momentum=0.1)]
    runner = Runner.from_cfg(cfg)
    runner.train()
    (average,) = [hook.ema_model.module for hook in runner.hooks if hasattr(hook, 'ema_model')]
    bank = runner.model.head.complements['pprb'].bank
    other = average.head.complements['pprb'].bank
    assert bank.available.any() and torch.equal(bank.prototypes, other.prototypes)


def test_buffers_of_averages_stay_in_step_when_one_appears(cfg):
    """`pos_weight` is set after the average is made: MMEngine then mixed up all buffers."""
    cfg.train_cfg.max_epochs = 2
    cfg.custom_hooks = [dict(type='EMAHook', momentum=0.1)]
    cfg.model.head.loss = dict(type='PartialBCELoss', pos_weight='auto')
    runner = Runner.from_cfg(cfg)
    runner.train()
    saved = torch.load(Path(cfg.work_dir) / 'epoch_2.pth', weights_only=True)['state_dict']
    assert torch.equal(saved['head.graph.adjacency'], runner.model.head.graph.adjacency)
    (average,) = [hook.ema_model.module for hook in runner.hooks if hasattr(hook, 'ema_model')]
    for name, value in runner.model.named_buffers():
        assert torch.equal(value, average.get_buffer(name)), name


def test_averages_of_buffers_are_refused(cfg):
    cfg.custom_hooks = [dict(type='EMAHook', update_buffers=True)]
    with pytest.raises(UnsuitableTrainingSetError, match='update_buffers=True of an EMAHook'):
        Runner.from_cfg(cfg).train()


def test_images_of_two_data_sets_do_not_share_a_state(cfg):
    inner = cfg.train_dataloader.dataset
    cfg.train_dataloader.dataset = dict(type='ConcatDataset', datasets=[inner, inner])
    cfg.model.head.loss = dict(type='ROLELoss', expected_positives=2.0)
    with pytest.raises(UnsuitableTrainingSetError, match='inside one PartialLabelDataset'):
        Runner.from_cfg(cfg).train()


def test_a_pass_over_a_limited_number_of_batches(cfg):
    cfg.train_cfg.max_epochs = 1
    cfg.train_dataloader.num_batch_per_epoch = 2
    runner, part = watch(cfg, [0])
    runner.train()
    batch = cfg.train_dataloader.batch_size
    assert sorted(part.indices[0]) == list(range(2 * batch))


PLAIN = dict(type='MultiLabelLinearClsHead', num_classes=4, in_channels=128)


def plain(cfg, loss):
    cfg.model.neck = dict(type='GlobalAveragePooling')
    cfg.model.head = dict(PLAIN, loss=loss)
    return cfg


@pytest.mark.parametrize(
    'loss',
    [dict(type='AsymmetricLoss'), dict(type='CrossEntropyLoss', use_sigmoid=True)],
    ids=lambda loss: loss['type'],
)
def test_a_loss_that_reads_unknown_labels_is_refused(cfg, loss):
    message = f"{loss['type']} .* reads unknown labels .*Use loss=dict\\(type='PartialBCELoss'\\)"
    with pytest.raises(UnsuitableTrainingSetError, match=message):
        Runner.from_cfg(plain(cfg, loss)).train()


def test_it_may_train_on_complete_labels(cfg):
    cfg.train_cfg.max_epochs = 1
    cfg.train_dataloader.dataset.pop('known_proportion')
    Runner.from_cfg(plain(cfg, dict(type='AsymmetricLoss'))).train()
    assert scalars(cfg)[-1]['loss'] > 0


def test_heads_of_mmpretrain_train_with_a_loss_of_ours(cfg):
    cfg.train_cfg.max_epochs = 2
    runner = Runner.from_cfg(plain(cfg, dict(type='PartialBCELoss', pos_weight='auto')))
    before = runner.model.head.fc.weight.detach().clone()
    runner.train()
    assert not torch.equal(runner.model.head.fc.weight, before)
    labels = runner.train_dataloader.dataset.label_matrix()
    ratio = (labels == 0).sum(0) / np.maximum((labels == 1).sum(0), 1)
    expected = torch.tensor(ratio.clip(0.1, 10)).float()
    torch.testing.assert_close(runner.model.head.loss_module.pos_weight, expected)


@pytest.mark.parametrize('augment', ['Mixup', 'CutMix', 'ResizeMix'])
def test_mixing_of_unknown_labels_is_refused(cfg, augment):
    augments = dict(augments=dict(type=augment, alpha=0.8))
    cfg.data_preprocessor.update(batch_augments=augments, num_classes=4)
    with pytest.raises(UnsuitableTrainingSetError, match=f'{augment} would mix unknown labels'):
        Runner.from_cfg(cfg).train()


def test_a_loss_without_the_negatives_it_needs_is_refused_in_one_line(cfg, tmp_path):
    write_coco(tmp_path / 'data', 'train', np.ones((IMAGES, 4)), CLASSES)
    output = tmp_path / 'output'
    assert run_tool('train', [write_config(cfg, tmp_path / 'config.py')], output) == 1
    text = output.read_text()
    assert 'Traceback' not in text
    assert 'PartialBCELoss needs labels that are known to be absent' in text.splitlines()[-1]


@pytest.mark.parametrize('resumes', [True, False])
def test_a_training_whose_checkpoints_cannot_be_used_is_warned_of(cfg, resumes):
    cfg.train_cfg.max_epochs = 1
    if not resumes:
        cfg.default_hooks.pop('resume')
    Runner.from_cfg(cfg).train()
    log = next(Path(cfg.work_dir).glob('*/*.log')).read_text()
    assert ('there is no ResumeHook among the hooks' in log) is not resumes
