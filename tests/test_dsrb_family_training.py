"""Tiny trainings of SARB, SST, HST, SR with blending, and LogicMix through the Runner."""

import json
import math
from pathlib import Path

import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.training import CONFIGS, coco_config, tiny_config
from mmengine.config import Config, ConfigDict
from mmengine.runner import Runner

METHODS = ['sarb', 'sst', 'hst']
# Thresholds at the start, low enough for networks that have learnt next to nothing.
START = dict(IntraImageTransfer=0.3, CrossImageTransfer=0.05)


class Killed(Exception):
    """Stands for a kill in the middle of an epoch."""


@pytest.fixture
def data(tmp_path):
    for split, number in (('train', 20), ('val', 9)):
        write_coco(tmp_path / 'data', split, random_labels(number, 4), ['a', 'b', 'c', 'd'])
    return tmp_path / 'data'


def config(method, data, work_dir, epochs=3):
    """A shipped config: labels from the second epoch on, thresholds low enough to see some."""
    cfg = tiny_config(f'{method}_coco.py', work_dir, 4, epochs=epochs)
    for complement in cfg.model.head.complements:
        if 'bank' in complement and complement.bank.type == 'ClusterBank':
            complement.bank.update(begin=1, interval=1)
        if 'threshold' in complement:
            complement.threshold.start = START[complement.type]
            if 'floor' in complement.threshold:
                complement.threshold.floor = 0.0
    for loader, split in ((cfg.train_dataloader, 'train'), (cfg.val_dataloader, 'val')):
        loader.dataset.dataset.update(
            data_root=str(data),
            ann_file=f'annotations/instances_{split}.json',
            data_prefix=dict(img_path=split),
        )
    cfg.test_dataloader = cfg.val_dataloader
    return cfg


def train(cfg):
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner


def scalars(cfg):
    file = next(Path(cfg.work_dir).glob('*/vis_data/scalars.json'))
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return [row for row in rows if 'loss_plain' in row]


def saved_state(work_dir, epoch):
    return torch.load(Path(work_dir) / f'epoch_{epoch}.pth', weights_only=True)


PHASES = dict(
    sarb=({'loss_plain', 'loss_contrastive'}, {'loss_ilrb', 'loss_plrb'}),
    sst=(
        {'loss_plain', 'loss_contrastive', 'loss_intra_co_occurrence'},
        {'loss_intra', 'loss_cross'},
    ),
    hst=(
        {
            'loss_plain',
            'loss_contrastive',
            'loss_intra_co_occurrence',
            'loss_intra_threshold',
        },
        {'loss_intra', 'loss_cross', 'loss_cross_threshold', 'loss_cross_contrast'},
    ),
)


@pytest.mark.parametrize('method', METHODS)
def test_all_phases(method, data, tmp_path):
    cfg = config(method, data, tmp_path / 'work')
    runner = train(cfg)
    rows = scalars(cfg)
    assert len(rows) == 9 and runner.iter == 9
    assert all(math.isfinite(value) for row in rows for value in row.values())
    first, later = PHASES[method]
    for index, row in enumerate(rows):
        losses = {name for name in row if name.startswith('loss_')}
        assert losses == first | (later if index >= 3 else set())
    changed = ['ilrb_changed', 'plrb_changed']
    if method != 'sarb':
        changed = ['intra_changed', 'cross_changed']
    assert all(any(row.get(name, 0) > 0 for row in rows) for name in changed)


@pytest.mark.parametrize('method', METHODS)
def test_the_checkpoint_holds_bank_and_thresholds(method, data, tmp_path):
    train(config(method, data, tmp_path / 'work'))
    state = saved_state(tmp_path / 'work', 3)['state_dict']
    name = 'plrb' if method == 'sarb' else 'cross'
    bank = f'head.complements.{name}.bank'
    size = 100 if method == 'sst' else 10
    assert state[f'{bank}.prototypes'].shape == (4, size, 32)
    assert state[f'{bank}.counts'].sum() > 0
    for part, start in (('intra', 0.3), ('cross', 0.05)):
        value = state.get(f'head.complements.{part}.threshold.value')
        if method == 'sst':  # a step below, in the second epoch with labels
            assert value.item() == pytest.approx(start - 0.025)
        elif method == 'hst':  # trained
            assert value.item() != pytest.approx(start, abs=1e-5)


@pytest.mark.parametrize(
    ('method', 'iteration'), [('sarb', 7), ('sst', 4), ('sst', 10), ('hst', 7)]
)
def test_resumed_training_is_bit_identical(method, iteration, data, tmp_path):
    def quick(name):
        cfg = config(method, data, tmp_path / name, epochs=4)
        cfg.default_hooks.checkpoint.interval = 1
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        return cfg

    def final_state(name):
        saved = saved_state(tmp_path / name, 4)
        state = dict(saved['state_dict'])
        for index, values in saved['optimizer']['state'].items():
            state.update({f'optimizer.{index}.{key}': value for key, value in values.items()})
        return state

    train(quick('whole'))
    runner = Runner.from_cfg(quick('cut'))
    train_step = runner.model.train_step

    def kill(*args, **kwargs):
        if runner.iter == iteration:
            raise Killed
        return train_step(*args, **kwargs)

    runner.model.train_step = kill
    with pytest.raises(Killed):
        runner.train()
    cfg = quick('cut')
    cfg.resume = True
    cfg.experiment_name = 'resumed'
    train(cfg)
    whole, resumed = final_state('whole'), final_state('cut')
    assert whole.keys() == resumed.keys()
    assert [name for name in whole if not torch.equal(whole[name], resumed[name])] == []


@pytest.mark.parametrize('method', METHODS)
def test_published_settings(method):
    cfg = Config.fromfile(CONFIGS / f'{method}_voc.py')
    assert cfg.method == method.upper()
    assert cfg.train_dataloader.batch_size == (32 if method == 'hst' else 8)
    assert cfg.train_dataloader.dataset.known_proportion == 0.5
    assert all(complement.begin == 5 for complement in cfg.model.head.complements)
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.type, optimizer.lr, optimizer.weight_decay) == ('Adam', 1e-5, 5e-4)


def test_saliency_maps_with_blending(data, tmp_path):
    cfg = coco_config(data, tmp_path / 'work', 4)
    method = Config.fromfile(CONFIGS / '_base_/methods/saliency_blending.py')
    model = ConfigDict(method.model, backbone=cfg.model.backbone)
    model.head.update(num_classes=4, in_channels=128)
    for complement in model.head.complements:
        complement.begin = 1
    model.head.complements[1].interval = 1
    cfg.model = model
    train(cfg)
    rows = scalars(cfg)
    assert {'loss_iprb', 'loss_pprb'} <= rows[-1].keys() and 'loss_iprb' not in rows[0]
    assert all(math.isfinite(value) for row in rows for value in row.values())
    state = saved_state(tmp_path / 'work', 3)['state_dict']
    assert state['head.complements.pprb.bank.prototypes'].shape == (4, 4, 4)


def augmented(data, work_dir, augment):
    cfg = coco_config(data, work_dir, 4, epochs=2)
    cfg.data_preprocessor.batch_augments = dict(augments=[augment], probs=[0.5])
    return cfg


def test_logic_mix(data, tmp_path):
    cfg = augmented(data, tmp_path / 'work', dict(type='LogicMix', k=2))
    runner = Runner.from_cfg(cfg)
    seen, loss = [], runner.model.head.loss
    runner.model.head.loss = lambda feats, samples: (
        seen.extend(sample.gt_score for sample in samples),
        loss(feats, samples),
    )[1]
    runner.train()
    assert set(torch.cat(seen).tolist()) == {-1, 0, 1}
    assert all(math.isfinite(value) for row in scalars(cfg) for value in row.values())


def test_mixup_is_refused_and_logic_mix_named(data, tmp_path):
    cfg = augmented(data, tmp_path / 'work', dict(type='Mixup', alpha=0.2))
    with pytest.raises(ValueError, match='Mixup would mix unknown labels .* Use LogicMix'):
        Runner.from_cfg(cfg).train()


def test_a_state_per_label_needs_single_images(data, tmp_path):
    cfg = augmented(data, tmp_path / 'work', dict(type='LogicMix'))
    cfg.model.head.complements = [dict(type='CurriculumLabels', begin=1)]
    with pytest.raises(ValueError, match='a state per label and second views need single images'):
        Runner.from_cfg(cfg).train()
