"""A training cut off and resumed ends bit for bit like the uninterrupted one."""

import functools
from pathlib import Path

import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.training import coco_config
from mmengine.runner import Runner


class Killed(Exception):
    """Stands for a kill in the middle of an epoch."""


def final_state(work_dir):
    saved = torch.load(Path(work_dir) / 'epoch_4.pth', weights_only=True)
    state = dict(saved['state_dict'])
    for index, values in saved['optimizer']['state'].items():
        state.update({f'optimizer.{index}.{name}': value for name, value in values.items()})
    return state


def config(tmp_path, name, workers):
    cfg = coco_config(tmp_path / 'data', tmp_path / name, 4, epochs=4)
    cfg.train_dataloader.num_workers = workers
    cfg.default_hooks.checkpoint.interval = 1
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    return cfg


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """Final states of uninterrupted trainings, by the number of workers."""

    @functools.cache
    def train(workers):
        root = tmp_path_factory.mktemp('whole')
        write_coco(root / 'data', 'train', random_labels(20, 4), ['a', 'b', 'c', 'd'])
        Runner.from_cfg(config(root, 'work', workers)).train()
        return final_state(root / 'work')

    return train


@pytest.mark.parametrize(
    ('workers', 'iteration'),
    [(0, 4), (2, 7), (2, 10)],  # 3 iterations an epoch; prototypes from the second on
)
def test_resumed_training_is_bit_identical(tmp_path, whole, workers, iteration):
    write_coco(tmp_path / 'data', 'train', random_labels(20, 4), ['a', 'b', 'c', 'd'])
    expected = whole(workers)
    runner = Runner.from_cfg(config(tmp_path, 'cut', workers))
    train_step = runner.model.train_step

    def kill(*args, **kwargs):
        if runner.iter == iteration:
            raise Killed
        return train_step(*args, **kwargs)

    runner.model.train_step = kill
    with pytest.raises(Killed):
        runner.train()
    cfg = config(tmp_path, 'cut', workers)
    cfg.resume = True
    cfg.experiment_name = 'resumed'
    torch.rand(7)  # another state of the generators than before
    Runner.from_cfg(cfg).train()

    resumed = final_state(tmp_path / 'cut')
    assert expected.keys() == resumed.keys()
    assert [name for name in expected if not torch.equal(expected[name], resumed[name])] == []


def test_epochs_and_workers_draw_differently(tmp_path):
    write_coco(tmp_path / 'data', 'train', random_labels(20, 4), ['a', 'b', 'c', 'd'])
    cfg = config(tmp_path, 'whole', 2)
    cfg.train_dataloader.sampler.shuffle = False
    runner = Runner.from_cfg(cfg)
    batches = []
    train_step = runner.model.train_step
    runner.model.train_step = lambda data, **kw: (
        batches.append(data['inputs'].clone()),
        train_step(data, **kw),
    )[1]
    runner.train()
    epochs = [torch.cat(batches[i : i + 3]) for i in (0, 3, 6, 9)]
    assert not any(torch.equal(epochs[0], other) for other in epochs[1:])
