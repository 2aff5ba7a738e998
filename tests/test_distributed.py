"""Two processes (gloo, CPU) against one with the same global batch."""

import multiprocessing
import os
import signal

import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.training import PIPELINE, coco_config
from helpers.two_processes import run_in_two_processes
from mmengine.hooks import Hook
from mmengine.runner import Runner

from dsrb_mm.calibration import META_KEY
from dsrb_mm.models.complements import PrototypeBank

pytestmark = pytest.mark.skipif(
    'fork' not in multiprocessing.get_all_start_methods(), reason='needs fork'
)
NAMES = ['a', 'b', 'c', 'd']
# 21 images: two processes get shares of different length.
IMAGES = 21


def begin_at_once(cfg):
    for complement in cfg.model.head.complements:
        complement.begin = 0


def make_config(root, name, processes, images=8):
    """The COCO config without anything random, learning nothing: the prototypes are comparable."""
    cfg = coco_config(root / 'data', root / name, 4, epochs=1)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.batch_size = images // processes
        loader.dataset.dataset.pipeline = [
            step for step in PIPELINE if step['type'] != 'RandomFlip'
        ]
    cfg.val_dataloader.dataset.dataset.ann_file = 'annotations/instances_train.json'
    cfg.val_dataloader.dataset.dataset.data_prefix = dict(img_path='train')
    cfg.default_hooks.calibration = dict(type='CalibrationHook', fit=True)
    begin_at_once(cfg)
    cfg.optim_wrapper.optimizer = dict(type='SGD', lr=0.0)
    # No batch statistics: those would be of a process's share. 128 channels from the backbone need
    # no reduction, hence no BatchNorm, in the neck.
    cfg.model.backbone.norm_eval = True
    cfg.model.neck.out_channels = cfg.model.head.in_channels = 128
    if processes > 1:
        cfg.launcher = 'pytorch'
        # MMEngine hands a CUDA device to the wrapper unless told otherwise.
        cfg.model_wrapper_cfg.device_ids = None
    return cfg


def train(cfg):
    """Train, and return the runner and the last validation's metrics."""
    runner = Runner.from_cfg(cfg)
    metrics = {}
    evaluator = runner.val_loop.evaluator
    evaluate = evaluator.evaluate
    evaluator.evaluate = lambda size: metrics.update(evaluate(size)) or metrics
    runner.train()
    return runner, metrics


def write_result(runner, metrics, file):
    model = getattr(runner.model, 'module', runner.model)
    torch.save(dict(state=model.state_dict(), metrics=metrics), file)


def train_in_two_processes(cfg, root):
    """Results of both processes."""
    errors = run_in_two_processes(lambda rank: write_result(*train(cfg), root / f'{rank}.pt'), root)
    assert not errors, errors[0]
    return [torch.load(root / f'{rank}.pt', weights_only=True) for rank in range(2)]


def train_in_one_process(cfg, root):
    write_result(*train(cfg), root / 'one.pt')
    return torch.load(root / 'one.pt', weights_only=True)


@pytest.fixture
def root(tmp_path):
    write_coco(tmp_path / 'data', 'train', random_labels(IMAGES, 4), NAMES)
    return tmp_path


def differing(first, second):
    assert first.keys() == second.keys()
    return [name for name in first if not torch.equal(first[name], second[name])]


def test_prototypes_graph_and_metrics_are_those_of_one_process(root):
    one = train_in_one_process(make_config(root, 'one', 1), root)
    first, second = train_in_two_processes(make_config(root, 'two', 2), root)
    assert one['state']['head.complements.pprb.bank.counts'].sum() > 0
    assert {'head.complements.pprb.bank.prototypes', 'head.graph.adjacency'} <= one['state'].keys()
    for two in (first, second):
        assert differing(one['state'], two['state']) == []
        # 22 images were validated: the one that fills up the second share counts once.
        assert one['metrics'] and two['metrics'] == one['metrics']
    calibrations = [
        torch.load(root / name / 'epoch_1.pth', weights_only=True)['meta'][META_KEY]
        for name in ('one', 'two')
    ]
    assert calibrations[0]['images'] == IMAGES
    assert calibrations[0] == calibrations[1]


def test_gradients_are_averaged_and_the_model_stays_one(root):
    """Complete labels, no pairs across images: the loss is a plain mean over the global batch."""

    def config(name, processes):
        cfg = make_config(root, name, processes)
        cfg.train_dataloader.dataset.pop('known_proportion')
        cfg.train_dataloader.sampler.shuffle = False
        cfg.train_dataloader.drop_last = True
        cfg.model.head.update(complements=[], aux_losses=[], diagnostics=False)
        cfg.optim_wrapper.optimizer = dict(type='SGD', lr=0.1)
        return cfg

    one = train_in_one_process(config('one', 1), root)['state']
    first, second = (r['state'] for r in train_in_two_processes(config('two', 2), root))
    assert differing(first, second) == []
    for name, value in one.items():
        torch.testing.assert_close(first[name], value, rtol=1e-3, atol=1e-5, equal_nan=True)


def test_whole_method_with_ema_accumulation_and_batch_statistics(root):
    cfg = coco_config(root / 'data', root / 'two', 4, epochs=2)
    cfg.val_dataloader = make_config(root, 'two', 1).val_dataloader
    cfg.train_dataloader.batch_size = 4
    begin_at_once(cfg)
    cfg.optim_wrapper.accumulative_counts = 2
    cfg.custom_hooks = [dict(type='EMAHook', momentum=0.1), dict(type='SyncBuffersHook')]
    cfg.launcher, cfg.model_wrapper_cfg.device_ids = 'pytorch', None

    results = train_in_two_processes(cfg, root)
    first, second = (result['state'] for result in results)
    assert differing(first, second) == []
    assert all(torch.isfinite(value).all() for value in first.values())
    # Validated, and saved as the model, is the average; the buffers belong to both.
    saved = torch.load(root / 'two' / 'epoch_2.pth', weights_only=True)
    changed = set(differing(dict(saved['state_dict']), first))
    assert 'head.classifier.weight' in changed
    assert not {'head.complements.pprb.bank.prototypes', 'head.graph.adjacency'} & changed


def test_a_process_without_images_takes_part_in_the_prototypes(tmp_path):
    features, target = torch.randn(3, 4, 5), torch.ones(3, 4)
    location = torch.randint(4, (3, 4))

    def fill(rank):
        bank = PrototypeBank()
        bank.reset()
        if rank == 1:
            bank.update(features, target, location)
        bank.finish()
        torch.save(bank.state_dict(), tmp_path / f'{rank}.pt')

    errors = run_in_two_processes(fill, tmp_path)
    assert not errors, errors[0]
    one, other = (torch.load(tmp_path / f'{rank}.pt', weights_only=True) for rank in range(2))
    assert differing(one, other) == []
    assert one['counts'].sum() == 12


class KillHook(Hook):
    """Stands for a kill from outside, in the second epoch."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.epoch == 1 and batch_idx == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_is_killed_and_the_training_resumed(root):
    """Under torchrun the other process is ended as well; here it loses the connection."""

    def config(name, resume=False):
        cfg = coco_config(root / 'data', root / name, 4, epochs=3)
        cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
        cfg.test_dataloader = cfg.test_cfg = cfg.test_evaluator = None
        cfg.train_dataloader.batch_size = 4
        cfg.train_dataloader.drop_last = True
        begin_at_once(cfg)
        cfg.custom_hooks = [dict(type='EMAHook', momentum=0.1), dict(type='SyncBuffersHook')]
        cfg.default_hooks.checkpoint.interval = 1
        cfg.launcher, cfg.resume = 'pytorch', resume
        cfg.model_wrapper_cfg.device_ids = None
        return cfg

    def cut(rank):
        runner = Runner.from_cfg(config('cut'))
        if rank == 1:
            runner.register_hook(KillHook())
        runner.train()

    for name in ('whole', 'cut', 'resumed'):
        (root / name).mkdir()
    train = {'whole': config('whole'), 'resumed': config('cut', resume=True)}
    assert not run_in_two_processes(
        lambda _: Runner.from_cfg(train['whole']).train(), root / 'whole'
    )
    run_in_two_processes(cut, root / 'cut')
    assert [path.name for path in (root / 'cut').glob('epoch_*.pth')] == ['epoch_1.pth']
    assert not run_in_two_processes(
        lambda _: Runner.from_cfg(train['resumed']).train(), root / 'resumed'
    )
    whole, cut = (
        torch.load(root / name / 'epoch_3.pth', weights_only=True) for name in ('whole', 'cut')
    )
    for part in ('state_dict', 'ema_state_dict'):
        assert differing(dict(whole[part]), dict(cut[part])) == []
