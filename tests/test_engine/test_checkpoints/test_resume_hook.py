"""Damaged checkpoints, seeds and validations of a resumed training."""

import json
import os
import shutil

import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.training import coco_config
from kill_points.training import differences
from mmengine.runner import Runner

from dsrb_mm.engine.checkpoints.atomic_backend import AtomicBackend
from dsrb_mm.engine.checkpoints.checkpoint_files import ResumeError, damage
from dsrb_mm.fileio.locks import FolderLock


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp('data')
    write_coco(root, 'train', random_labels(20, 4), list('abcd'))
    return root


def build(data, work_dir, resume=None, **checkpoint):
    cfg = coco_config(data, work_dir, 4, epochs=3)
    cfg.default_hooks.checkpoint.update(interval=1, **checkpoint)
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.randomness = dict(seed=None)
    cfg.resume = resume is not None
    cfg.load_from = None if resume in (None, True) else str(resume)
    cfg.experiment_name = f'{work_dir.name}_{resume}'
    return cfg


@pytest.fixture(scope='module')
def whole(data, tmp_path_factory):
    """Three epochs, uninterrupted, with a seed that nobody chose."""
    work_dir = tmp_path_factory.mktemp('trainings') / 'whole'
    Runner.from_cfg(build(data, work_dir, max_keep_ckpts=-1)).train()
    return work_dir


@pytest.fixture
def cut(whole, tmp_path):
    """The same, cut off after two epochs."""
    work_dir = tmp_path / 'cut'
    work_dir.mkdir()
    for number in (1, 2):
        shutil.copy(whole / f'epoch_{number}.pth', work_dir)
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'epoch_2.pth'))
    return work_dir


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def log(work_dir):
    return next(work_dir.glob('*/*.log')).read_text()


def test_damaged_checkpoint_is_named_and_the_one_before_is_used(data, whole, cut):
    halve(cut / 'epoch_2.pth')
    (cut / 'epoch_3.pth.77.unfinished').write_bytes(b'half')
    Runner.from_cfg(build(data, cut, True, max_keep_ckpts=-1)).train()
    assert 'epoch_2.pth is cut off' in log(cut)
    assert f'going back to {cut}/epoch_1.pth' in log(cut)
    # With the seed of the checkpoint, the sampler too: nobody has given one.
    found = differences(whole, cut)
    assert [name for name in found if not name.startswith('epoch_1.pth')] == []


@pytest.mark.parametrize('given', [True, False])
def test_no_whole_checkpoint_is_a_clear_error(data, cut, given):
    halve(cut / 'epoch_2.pth')
    (cut / 'epoch_1.pth').write_bytes(b'')
    runner = Runner.from_cfg(build(data, cut, cut / 'epoch_2.pth' if given else True))
    with pytest.raises(ResumeError, match=r'epoch_2.pth, which is|epoch_2.pth is') as e:
        runner.train()
    assert given or 'epoch_1.pth' in str(e.value)


def test_resuming_in_an_empty_folder_starts_anew(data, tmp_path):
    runner = Runner.from_cfg(build(data, tmp_path / 'new', True))
    runner.train()
    assert runner.epoch == 3


def test_a_checkpoint_within_an_epoch_is_warned_of(data, cut):
    saved = torch.load(cut / 'epoch_2.pth', weights_only=True)
    saved['meta'].update(epoch=1, iter=5)  # 3 iterations per epoch
    torch.save(saved, cut / 'epoch_2.pth')
    Runner.from_cfg(build(data, cut, True)).train()
    assert 'of iteration 5, within epoch 2: the epoch is trained anew' in log(cut)


def test_weights_alone_are_not_resumed_from(data, cut):
    """Best checkpoints are saved without optimiser and schedule."""
    saved = torch.load(cut / 'epoch_2.pth', weights_only=True)
    best = cut / 'best_multi-label_mAP_epoch_2.pth'
    torch.save({k: saved[k] for k in ('meta', 'message_hub', 'state_dict')}, best)
    with pytest.raises(ResumeError, match=f'got weights .* --cfg-options load_from={best}'):
        Runner.from_cfg(build(data, cut, best)).train()
    cfg = build(data, cut / 'new')
    cfg.load_from = str(best)
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert runner.epoch == 3


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        ('batch size', '(iterations per epoch: 5, before 3; batch size: 4, before 8)'),
        ('images', '(images: 19, before 20)'),
        ('labels', '(the content of {})'),
        ('nothing', None),
    ],
)
def test_changed_data_is_named(data, cut, change, named):
    cfg = build(data, cut, True)
    file = data / 'annotations/instances_train.json'
    text = file.read_text()
    if change == 'batch size':
        cfg.train_dataloader.batch_size = 4
    elif change == 'images':
        cfg.train_dataloader.dataset.dataset.indices = 19
    elif change == 'labels':
        content = json.loads(text)
        content['annotations'].pop()
        file.write_text(json.dumps(content))
    try:
        Runner.from_cfg(cfg).train()
    finally:
        file.write_text(text)
    assert ('has changed' in log(cut)) == (named is not None)
    assert named is None or named.format(file) in log(cut)
    assert 'trained anew' not in log(cut)


def test_a_changed_schedule_is_named(data, cut):
    cfg = build(data, cut, True)
    Runner.from_cfg(cfg).train()
    assert 'the schedule' not in log(cut)
    shutil.rmtree(next(path.parent for path in cut.glob('*/*.log')))
    (cut / 'last_checkpoint').write_text(str(cut / 'epoch_2.pth'))
    cfg = build(data, cut, True)
    cfg.experiment_name = 'changed'
    cfg.train_cfg.max_epochs, cfg.param_scheduler.milestones = 4, [3]  # it ends with the training
    Runner.from_cfg(cfg).train()
    assert (
        'milestones = [3] in the config, [10] in the checkpoint; end = 4 in the config, 3'
        in log(cut)
    )


def test_there_is_a_whole_checkpoint_whenever_one_is_written(data, tmp_path, monkeypatch):
    work_dir, put, seen = tmp_path / 'w', AtomicBackend.put, []

    def watching(backend, obj, filepath):
        seen.append([p.name for p in work_dir.glob('epoch_*.pth') if damage(p) is None])
        put(backend, obj, filepath)

    monkeypatch.setattr(AtomicBackend, 'put', watching)
    Runner.from_cfg(build(data, work_dir, max_keep_ckpts=1)).train()
    assert seen == [[], ['epoch_1.pth'], ['epoch_2.pth']]
    assert [p.name for p in work_dir.glob('*.pth')] == ['epoch_3.pth']


def test_checkpoints_in_another_folder(data, tmp_path):
    out = tmp_path / 'out'
    for resume, epochs in ((None, 2), (True, 3)):
        cfg = build(data, tmp_path / 'w', resume, out_dir=str(out), max_keep_ckpts=1)
        cfg.train_cfg.max_epochs = epochs
        Runner.from_cfg(cfg).train()
    assert [path.name for path in out.glob('w/*')] == ['epoch_3.pth']
    assert (tmp_path / 'w/last_checkpoint').read_text() == str(out / 'w/epoch_3.pth')


class Killed(Exception):
    """Stands for a kill."""


def train_with_patience(data, work_dir, kill=None, resume=None, load_from=None):
    """No validation after the first is good enough: two of them end the training at epoch 3."""
    cfg = build(data, work_dir, max_keep_ckpts=-1, save_best='auto')
    validated = coco_config(data, work_dir, 4, epochs=6)
    cfg.train_cfg, cfg.val_cfg = validated.train_cfg, validated.val_cfg
    cfg.val_evaluator, cfg.val_dataloader = validated.val_evaluator, validated.val_dataloader
    cfg.val_dataloader.dataset.dataset.ann_file = 'annotations/instances_train.json'
    cfg.val_dataloader.dataset.dataset.data_prefix = dict(img_path='train')
    hook = dict(type='EarlyStoppingHook', monitor='multi-label/mAP', min_delta=1e3, patience=2)
    cfg.custom_hooks, cfg.randomness = [hook], dict(seed=0)
    cfg.resume, cfg.load_from = bool(resume), load_from
    cfg.experiment_name = f'{work_dir} {kill} {resume}'
    runner = Runner.from_cfg(cfg)

    def stop(function):
        def call(*args, **kwargs):
            if kill[1:] == (runner.epoch,):
                raise Killed
            return function(*args, **kwargs)

        return call

    if kill is None:
        runner.train()
    else:
        setattr(runner.model, kill[0], stop(getattr(runner.model, kill[0])))
        with pytest.raises(Killed):
            runner.train()
    return runner


def test_patience_goes_on_after_a_kill(data, tmp_path):
    # Epochs count from 0 in training, and from 1 in the validation after it.
    kills = [('train_step', 2), ('val_step', 3)]
    assert train_with_patience(data, tmp_path / 'whole').epoch == 3
    for kill in kills:
        work_dir = tmp_path / '_'.join(map(str, kill))
        train_with_patience(data, work_dir, kill)
        assert train_with_patience(data, work_dir, resume=True).epoch == 3
        assert differences(tmp_path / 'whole', work_dir) == []
    # A finished training is not continued; one from its weights waits anew.
    assert train_with_patience(data, work_dir, resume=True).epoch == 3
    weights = str(tmp_path / 'whole/epoch_3.pth')
    assert train_with_patience(data, tmp_path / 'new', load_from=weights).epoch == 3


def test_a_second_training_in_the_folder_is_refused(data, tmp_path):
    work_dir = tmp_path / 'w'
    work_dir.mkdir()
    ready, done = os.pipe(), os.pipe()
    other = os.fork()
    if not other:
        lock = FolderLock(work_dir, 'training')
        lock.acquire()
        os.write(ready[1], b'x')
        os.read(done[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    runner = Runner.from_cfg(build(data, work_dir))
    try:
        with pytest.raises(
            BlockingIOError, match=f'another training .* {work_dir}: process {other}'
        ):
            runner.train()
    finally:
        os.write(done[1], b'x')
        os.waitpid(other, 0)
