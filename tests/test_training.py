"""A tiny training of every data format through the Runner, through all phases."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.data import random_labels, write_coco, write_csv, write_vg, write_voc
from helpers.tools import run_tool
from helpers.training import coco_config, tiny_config
from mmengine.runner import Runner
from mmpretrain.datasets.categories import VOC2007_CATEGORIES

ROOT = Path(__file__).resolve().parents[1]
CLASSES = ['cat', 'dog', 'bird', 'cow']


def scalars(work_dir):
    file = next(Path(work_dir).glob('*/vis_data/scalars.json'))
    return [json.loads(line) for line in file.read_text().splitlines()]


def check_run(cfg):
    """Every phase ran, every loss was finite, a checkpoint holds prototypes and graph."""
    rows = [row for row in scalars(cfg.work_dir) if 'loss_plain' in row]
    assert all(math.isfinite(value) for row in rows for value in row.values())
    assert 'loss_iprb' not in rows[0]
    assert {'loss_iprb', 'loss_pprb', 'alpha', 'beta', 'pprb_changed'} <= rows[-1].keys()
    saved = torch.load(Path(cfg.work_dir) / 'epoch_3.pth', weights_only=True)
    assert saved['state_dict']['head.complements.pprb.bank.counts'].sum() > 0
    assert saved['state_dict']['head.graph.adjacency'].any()


def train(cfg):
    runner = Runner.from_cfg(cfg)
    runner.train()
    check_run(cfg)
    return runner


@pytest.fixture
def coco(tmp_path):
    for split, number in (('train', 20), ('val', 9)):
        write_coco(tmp_path / 'data', split, random_labels(number, 4), CLASSES)
    return coco_config(tmp_path / 'data', tmp_path / 'work', 4)


def test_coco(coco):
    train(coco)


def test_voc(tmp_path):
    for split, number in (('trainval', 12), ('test', 6)):
        labels = random_labels(number, 20)
        write_voc(tmp_path / 'data', split, labels, list(VOC2007_CATEGORIES), difficult=[(1, 3)])
    cfg = tiny_config('dsrb_voc_p90.py', tmp_path / 'work', 20)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.dataset.dataset.data_root = str(tmp_path / 'data')
    train(cfg)


def test_vg(tmp_path):
    write_vg(
        tmp_path / 'data', random_labels(16, 200), dict(train=slice(0, 10), test=slice(10, 16))
    )
    cfg = tiny_config('dsrb_vg_p10.py', tmp_path / 'work', 200)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.dataset.dataset.data_root = str(tmp_path / 'data')
    train(cfg)


def test_csv_with_partial_validation_labels(tmp_path):
    labels = random_labels(20, 4)
    labels[np.random.default_rng(3).random(labels.shape) < 0.4] = -1
    write_csv(tmp_path / 'labels.csv', labels, CLASSES, ['train'] * 12 + ['val'] * 8)
    cfg = tiny_config('dsrb_csv.py', tmp_path / 'work', 4)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.dataset.dataset.update(data_root=str(tmp_path), ann_file='labels.csv')
    runner = train(cfg)
    assert (runner.train_dataloader.dataset.label_matrix() == labels[:12]).all()
    assert (runner.val_dataloader.dataset.label_matrix() == labels[12:]).all()


@pytest.mark.parametrize('part', ['iprb', 'pprb', 'contrastive'])
def test_each_part_can_be_left_out(coco, part):
    head = coco.model.head
    if part == 'contrastive':
        head.aux_losses = []
    else:
        head.complements.pop(dict(iprb=0, pprb=1)[part])
    coco.train_cfg.max_epochs = 2
    Runner.from_cfg(coco).train()
    last = [row for row in scalars(coco.work_dir) if 'loss_plain' in row][-1]
    parts = {'loss_iprb', 'loss_pprb', 'loss_contrastive'}
    assert parts - last.keys() == {f'loss_{part}'}


def test_prototypes_and_blending_start_at_their_epochs(coco):
    coco.train_cfg.max_epochs = 5
    for complement in coco.model.head.complements:
        complement.begin = 2
    coco.model.head.complements[1].interval = 2
    runner = Runner.from_cfg(coco)
    bank, seen = runner.model.head.complements.pprb.bank, []
    finish = bank.finish
    bank.finish = lambda: (seen.append(runner.epoch), finish())
    runner.train()
    assert seen == [2, 4]
    epochs = [row['epoch'] for row in scalars(coco.work_dir) if 'loss_pprb' in row]
    assert set(epochs) == {3, 4, 5}  # logged from 1


def test_contrastive_loss_is_ramped_over_the_first_epoch(coco):
    runner = Runner.from_cfg(coco)
    factors = []
    head = runner.model.head
    loss = head.loss
    ramp = head.aux_losses.contrastive.ramp
    head.loss = lambda *args: (factors.append(ramp.item()), loss(*args))[1]
    runner.train()
    assert factors[:4] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert set(factors[3:]) == {1.0}


def test_alpha_and_beta_can_be_fixed_or_have_their_own_rate(coco):
    coco.model.head.complements[0].learnable = False
    coco.optim_wrapper.paramwise_cfg = dict(custom_keys={'pprb.blending_weight': dict(lr_mult=0.1)})
    runner = train(coco)
    head = runner.model.head.complements
    assert head.iprb.blending_weight.value.item() == 0.5
    assert head.pprb.blending_weight.value.item() != 0.5
    rates = {id(g['params'][0]): g['lr'] for g in runner.optim_wrapper.optimizer.param_groups}
    assert rates[id(head.pprb.blending_weight.value)] == pytest.approx(1e-4)


def test_known_prior_starts_the_biases_once(coco):
    coco.model.head.bias_init = 'known_prior'
    coco.optim_wrapper.optimizer.lr = 0.0
    runner = Runner.from_cfg(coco)
    runner.train()
    labels = runner.train_dataloader.dataset.label_matrix()
    rate = ((labels == 1).sum(0) + 1) / ((labels >= 0).sum(0) + 10)
    expected = torch.tensor(np.log(rate / (1 - rate))).float()
    assert torch.allclose(runner.model.head.classifier.bias, expected)


def test_category_without_known_positive_trains_with_a_warning(coco, tmp_path):
    labels = random_labels(20, 4)
    labels[:, 2] = 0
    write_coco(tmp_path / 'data', 'train', labels, CLASSES)
    runner = train(coco)
    log = next(Path(coco.work_dir).glob('*/*.log')).read_text()
    assert '1 categories have no known positive' in log and 'bird' in log
    assert runner.model.head.complements.pprb.bank.available.tolist() == [True, True, False, True]


def test_category_lists_that_differ_stop_the_run(coco, tmp_path):
    write_coco(tmp_path / 'data', 'val', random_labels(9, 4), ['cat', 'dog', 'bird', 'horse'])
    with pytest.raises(ValueError, match=r"only in the validation set: \['horse'\]"):
        Runner.from_cfg(coco).train()


def test_wrong_number_of_classes_stops_the_run(coco):
    coco.model.neck.num_classes = coco.model.head.num_classes = 5
    with pytest.raises(ValueError, match=r'4 categories.* got neck.num_classes = 5, head'):
        Runner.from_cfg(coco).train()


def test_tools_train_resume_and_test(coco, tmp_path):
    coco.default_hooks.checkpoint.update(interval=1, save_best='multi-label/mAP')
    config = tmp_path / 'config.py'
    coco.dump(config)
    arguments = [config, '--work-dir', tmp_path / 'w']
    options = ['--cfg-options', 'train_cfg.max_epochs=1']
    output = tmp_path / 'output'
    assert run_tool('train', [*arguments, *options], output) == 0, output.read_text()[-2000:]
    assert run_tool('train', [*arguments, '--resume'], output) == 0, output.read_text()[-2000:]
    assert 'resumed epoch: 1' in output.read_text()
    checkpoint = tmp_path / 'w/epoch_3.pth'
    arguments = ['--out', 'metrics.json', '--show-dir', 'pictures', '--interval', 4]
    arguments = [config, checkpoint, *arguments, '--work-dir', tmp_path / 't']
    assert run_tool('test', arguments, output, cwd=tmp_path) == 0, output.read_text()[-2000:]
    assert 0 <= json.loads((tmp_path / 'metrics.json').read_text())['multi-label/mAP'] <= 100
    assert len(list((tmp_path / 'pictures').glob('*.png'))) == 3


def test_missing_data_is_one_clear_message(tmp_path):
    config, output = ROOT / 'configs/dsrb_voc_p10.py', tmp_path / 'output'
    assert run_tool('train', [config], output, cwd=tmp_path) == 1
    message = output.read_text()
    assert 'Traceback' not in message
    for part in ('data/VOC2007/ImageSets/Main/trainval.txt', 'JPEGImages', 'host.robots.ox.ac.uk'):
        assert part in message


def test_tensorboard(coco):
    backends = [dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]
    coco.visualizer.vis_backends = backends
    train(coco)
    assert list(Path(coco.work_dir).glob('*/vis_data/events.out.tfevents.*'))


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ('model.head.num_classes=3', 'leave num_classes out'),
        ('model.head.graph_steps=-1', 'graph_steps'),
        ('train_dataloader.dataset.known_proportion=2', 'known_proportion'),
        ('model.neck.type=NoSuchNeck', 'NoSuchNeck is not in the'),
    ],
)
def test_wrong_settings_are_one_line(coco, tmp_path, option, message):
    coco.dump(tmp_path / 'config.py')
    output = tmp_path / 'output'
    assert run_tool('train', [tmp_path / 'config.py', '--cfg-options', option], output) == 1
    text = output.read_text()
    assert 'Traceback' not in text
    assert message in text.splitlines()[-1]


def test_weights_that_do_not_fit_are_not_tested(coco, tmp_path):
    coco.dump(tmp_path / 'config.py')
    torch.save(Runner.from_cfg(coco).model.state_dict(), tmp_path / 'a.pth')
    output = tmp_path / 'output'
    arguments = [tmp_path / 'config.py', tmp_path / 'a.pth']
    assert run_tool('test', arguments, output) == 0
    for option in ('model.head.hidden_channels=24', 'model.neck.out_channels=128'):
        assert run_tool('test', [*arguments, '--cfg-options', option], output) == 1
        text = output.read_text()
        assert 'Traceback' not in text
        assert f'expected the checkpoint {tmp_path / "a.pth"} to fit the config' in text
