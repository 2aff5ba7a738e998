"""NaN in one of two processes (gloo, CPU) stops both, and is named as that process's."""

import json
import math
import multiprocessing
from pathlib import Path

import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.training import coco_config
from helpers.two_processes import run_in_two_processes
from mmengine.runner import Runner

pytestmark = pytest.mark.skipif(
    'fork' not in multiprocessing.get_all_start_methods(), reason='needs fork'
)


SECONDS = 60  # within which both have to end


@pytest.fixture
def cfg(tmp_path):
    write_coco(tmp_path / 'data', 'train', random_labels(16, 4), ['a', 'b', 'c', 'd'])
    cfg = coco_config(tmp_path / 'data', tmp_path / 'work', 4, epochs=2)
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.train_dataloader.batch_size = 4
    cfg.launcher, cfg.model_wrapper_cfg.device_ids = 'pytorch', None
    return cfg


def copy_state(runner):
    state = dict(runner.model.module.state_dict())
    for index, values in runner.optim_wrapper.optimizer.state_dict()['state'].items():
        state |= {f'optimizer.{index}.{name}': value for name, value in values.items()}
    return {name: value.clone() for name, value in state.items()}


def train(cfg, root, rank, how):
    """Train; in the first iteration of epoch 2 something of the second process goes wrong."""
    runner = Runner.from_cfg(cfg)
    model, train_step = runner.model.module, runner.model.train_step

    def step(data, **kwargs):
        if runner.iter != 2:
            return train_step(data, **kwargs)
        paths = [sample.img_path for sample in data['data_samples']]
        torch.save(dict(state=copy_state(runner), paths=paths), root / f'before_{rank}.pt')
        if (rank and how == 'image') or how == 'disk':
            data['inputs'] = [image * math.nan for image in data['inputs']]
        if rank and how == 'gradient':
            model.head.classifier.bias.register_hook(lambda grad: grad * math.nan)
        if not rank and how == 'disk':
            runner.save_checkpoint = fail
        return train_step(data, **kwargs)

    def fail(*args, **kwargs):
        raise OSError('disk full')

    def after_train_epoch(runner):
        if rank and how == 'state':
            model.head.classifier.bias.data[1] = math.inf

    runner.model.train_step = step
    runner.hooks[0].after_train_epoch = after_train_epoch
    runner.train()


def train_in_two_processes(cfg, root, how):
    """Messages of both processes, and what they noted before it happened."""
    errors = run_in_two_processes(lambda rank: train(cfg, root, rank, how), root, SECONDS)
    assert len(errors) == 2
    before = [torch.load(file, weights_only=True) for file in sorted(root.glob('before_?.pt'))]
    return [error.strip().splitlines()[-1] for error in errors], before


def same(one, other):
    assert one.keys() == other.keys()
    return [n for n in one if not torch.equal(one[n].nan_to_num(7e7), other[n].nan_to_num(7e7))]


@pytest.mark.parametrize('accumulated', [1, 2])
def test_both_stop_and_name_the_batch_of_the_process_that_had_it(cfg, tmp_path, accumulated):
    cfg.optim_wrapper.accumulative_counts = accumulated
    messages, (first, second) = train_in_two_processes(cfg, tmp_path, 'image')
    assert messages[0] == messages[1]
    assert 'NonFiniteError: NaN or infinity in iteration 3: loss_plain = nan' in messages[0]
    assert '(rank 1 of 2 processes)' in messages[0]
    assert all(path in messages[0] for path in second['paths'])
    assert not any(path in messages[0] for path in first['paths'])

    files = sorted(path.name for path in Path(cfg.work_dir).glob('non_finite*'))
    assert files == ['non_finite_iter_3.json', 'non_finite_iter_3.pth']
    report = json.loads((Path(cfg.work_dir) / files[0]).read_text())
    assert report['ranks'] == [1]
    assert [image['path'] for image in report['images']] == second['paths']
    saved = torch.load(Path(cfg.work_dir) / files[1], weights_only=True)
    state = dict(saved['state_dict'])
    for index, values in saved['optimizer']['state'].items():
        state |= {f'optimizer.{index}.{name}': value for name, value in values.items()}
    assert same(state, first['state']) == []


def test_averaged_gradients_are_of_all_processes(cfg, tmp_path):
    messages, before = train_in_two_processes(cfg, tmp_path, 'gradient')
    assert messages[0] == messages[1]
    assert 'gradients with NaN or infinity: head.classifier.bias (rank 0, 1 of 2' in messages[0]
    report = json.loads((Path(cfg.work_dir) / 'non_finite_iter_3.json').read_text())
    paths = [image['path'] for image in report['images']]
    assert paths == before[0]['paths'] + before[1]['paths']


def test_state_of_one_process_at_the_start_of_an_epoch(cfg, tmp_path):
    messages, before = train_in_two_processes(cfg, tmp_path, 'state')
    assert before == [] and messages[0] == messages[1]
    found = 'epoch 2 starts with NaN or infinity in head.classifier.bias (rank 1 of 2 processes)'
    assert found in messages[0]
    # That of the first process, which is what a checkpoint holds, is whole.
    saved = torch.load(Path(cfg.work_dir) / 'non_finite_iter_3.pth', weights_only=True)
    assert all(value.isfinite().all() for value in saved['state_dict'].values())


def test_nobody_waits_for_a_process_that_cannot_save(cfg, tmp_path):
    messages, _ = train_in_two_processes(cfg, tmp_path, 'disk')
    assert messages[0] == 'OSError: disk full'
    assert 'NonFiniteError' in messages[1] and '(rank 0, 1 of 2 processes)' in messages[1]
