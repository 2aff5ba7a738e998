"""Training stops at NaN or infinity, and keeps what was there before."""

import json
import math
from pathlib import Path

import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.training import coco_config
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmpretrain.registry import OPTIM_WRAPPERS

from dsrb_mm.engine.finite_checks import NonFiniteError, all_finite
from dsrb_mm.engine.hooks import FiniteCheckHook

BAD = '000005.jpg'


@pytest.fixture
def cfg(tmp_path):
    write_coco(tmp_path / 'data', 'train', random_labels(20, 4), ['a', 'b', 'c', 'd'])
    cfg = coco_config(tmp_path / 'data', tmp_path / 'work', 4, epochs=3)
    cfg.experiment_name = tmp_path.name  # by default of the second: loggers would be shared
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    return cfg


def copy_state(runner):
    optimizer = runner.optim_wrapper.optimizer.state_dict()['state']
    state = {name: value.clone() for name, value in runner.model.state_dict().items()}
    for index, values in optimizer.items():
        state |= {f'optimizer.{index}.{name}': value.clone() for name, value in values.items()}
    return state


def saved_state(path):
    saved = torch.load(path, weights_only=True)
    state = dict(saved['state_dict'])
    for index, values in saved['optimizer']['state'].items():
        state |= {f'optimizer.{index}.{name}': value for name, value in values.items()}
    return saved, state


def same(one, other):
    assert one.keys() == other.keys()
    return [n for n in one if not torch.equal(one[n].nan_to_num(7e7), other[n].nan_to_num(7e7))]


def spoil(runner, how, iteration):
    """Make one iteration go wrong; returns the state before it, once it has come to that."""
    before, head = {}, runner.model.head
    extract, loss = runner.model.extract_feat, head.loss

    def now():
        return runner.iter == iteration and runner.model.training

    def extract_feat(inputs, *args, **kwargs):
        if now():
            before.update(copy_state(runner))
            if how == 'image':
                inputs = inputs.clone()
                inputs[2] = math.nan
        return extract(inputs, *args, **kwargs)

    def losses(feats, samples, **kwargs):
        found = loss(feats, samples, **kwargs)
        if now() and how == 'loss':  # without a gradient that would tell
            found['loss_contrastive'] = found['loss_contrastive'] + math.inf
        if now() and how == 'gradient':
            head.classifier.bias.register_hook(lambda grad: grad * math.nan)
        return found

    runner.model.extract_feat, head.loss = extract_feat, losses
    return before


@pytest.mark.parametrize('how', ['image', 'loss', 'gradient'])
def test_the_state_before_the_bad_step_is_saved(cfg, how):
    runner = Runner.from_cfg(cfg)
    before = spoil(runner, how, iteration=4)
    batches, train_step = [], runner.model.train_step
    runner.model.train_step = lambda data, **kw: (batches.append(data), train_step(data, **kw))[1]
    with pytest.raises(NonFiniteError, match='iteration 5: .*loss_plain = ') as caught:
        runner.train()
    assert '\n' not in str(caught.value)
    if how == 'gradient':
        assert 'gradients with NaN or infinity: head.classifier.bias' in str(caught.value)

    saved, state = saved_state(Path(cfg.work_dir) / 'non_finite_iter_5.pth')
    assert same(state, before) == []
    assert same(copy_state(runner), before) == []
    assert saved['meta']['epoch'] == 1 and saved['meta']['iter'] == 4
    report = json.loads((Path(cfg.work_dir) / 'non_finite_iter_5.json').read_text())
    samples = batches[-1]['data_samples']
    assert [image['path'] for image in report['images']] == [s.img_path for s in samples]
    assert [image['labels'] for image in report['images']] == [s.gt_score.tolist() for s in samples]
    assert all(sample.img_path in str(caught.value) for sample in samples[:4])
    assert report['epoch'] == 2 and 'NaN or infinity' in report['reason']


def test_training_can_go_on_from_what_is_saved(cfg):
    runner = Runner.from_cfg(cfg)
    spoil(runner, 'image', iteration=4)
    with pytest.raises(NonFiniteError):
        runner.train()
    cfg.resume, cfg.load_from = True, str(Path(cfg.work_dir) / 'non_finite_iter_5.pth')
    cfg.experiment_name += ' again'
    Runner.from_cfg(cfg).train()
    assert (Path(cfg.work_dir) / 'epoch_3.pth').is_file()


def test_good_training_is_not_changed(cfg, tmp_path):
    results = []
    for name in ('with', 'without'):
        cfg.work_dir, cfg.train_cfg.max_epochs = str(tmp_path / name), 2
        cfg.experiment_name = f'{tmp_path.name} {name}'
        if name == 'without':
            cfg.default_hooks.pop('finite_check')
        runner = Runner.from_cfg(cfg)
        runner.train()
        results.append(copy_state(runner))
    assert same(*results) == []


def test_large_gradients_are_no_reason_to_stop(cfg):
    cfg.train_cfg.max_epochs = 1
    runner = Runner.from_cfg(cfg)
    runner.model.head.classifier.bias.register_hook(lambda grad: grad + 2e19)
    runner.train()
    assert runner.iter == 3


def test_prototypes(cfg):
    runner = Runner.from_cfg(cfg)
    model, extract = runner.model, runner.model.extract_feat

    def extract_feat(inputs):
        feats = extract(inputs)
        if not model.training and runner.epoch == 2:
            feats.semantic[1] = math.inf
        return feats

    model.extract_feat = extract_feat
    pattern = r'epoch 3 starts with .* in head.complements.pprb.bank.prototypes \(of a, b, c, d\)'
    with pytest.raises(NonFiniteError, match=pattern):
        runner.train()
    _, state = saved_state(Path(cfg.work_dir) / 'non_finite_iter_7.pth')
    assert all(value.isfinite().all() for name, value in state.items())
    assert state['head.complements.pprb.bank.counts'].sum() > 0
    log = next(Path(cfg.work_dir).glob('*/*.log')).read_text()
    assert 'features with NaN or infinity, of ' in log and '000000.jpg' in log


def test_weights_that_are_loaded(cfg, tmp_path):
    runner = Runner.from_cfg(cfg)
    state = runner.model.state_dict()
    state['neck.score.weight'][0] = math.nan
    torch.save(dict(state_dict=state), tmp_path / 'a.pth')
    cfg.load_from = str(tmp_path / 'a.pth')
    cfg.experiment_name += ' loaded'
    with pytest.raises(NonFiniteError, match='epoch 1 starts with .* in neck.score.weight') as e:
        Runner.from_cfg(cfg).train()
    assert '.pth' not in str(e.value) and not list(Path(cfg.work_dir).glob('*.pth'))


def test_accumulated_gradients_name_all_batches(cfg):
    cfg.optim_wrapper.accumulative_counts = 3
    runner = Runner.from_cfg(cfg)
    before = spoil(runner, 'gradient', iteration=4)
    with pytest.raises(NonFiniteError, match='iteration 6'):
        runner.train()
    report = json.loads((Path(cfg.work_dir) / 'non_finite_iter_6.json').read_text())
    assert len(report['images']) == 8 + 8 + 4
    _, state = saved_state(Path(cfg.work_dir) / 'non_finite_iter_6.pth')
    changed = same(state, before)  # the batches before it have passed through BatchNorm
    assert all('running' in name or 'num_batches' in name for name in changed)


class ScaledOptimWrapper(OptimWrapper):
    """MMEngine's AmpOptimWrapper wants an accelerator; its gradient scaler does not."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.loss_scaler = torch.amp.GradScaler('cpu', init_scale=2.0**16)

    def backward(self, loss, **kwargs):
        self.loss_scaler.scale(loss).backward(**kwargs)
        self._inner_count += 1

    def step(self, **kwargs):
        self.loss_scaler.step(self.optimizer, **kwargs)
        self.loss_scaler.update()


@pytest.fixture
def scaled(cfg):
    if not hasattr(torch.amp, 'GradScaler'):
        pytest.skip('this torch has a gradient scaler for CUDA only')
    OPTIM_WRAPPERS.register_module(module=ScaledOptimWrapper, force=True)
    cfg.optim_wrapper.type = 'ScaledOptimWrapper'
    yield cfg
    OPTIM_WRAPPERS.module_dict.pop('ScaledOptimWrapper')


def test_overflow_of_scaled_gradients_does_not_stop_training(scaled):
    runner = Runner.from_cfg(scaled)
    bias = runner.model.head.classifier.bias
    bias.register_hook(lambda grad: grad * math.inf if runner.iter in (2, 3, 5) else grad)
    runner.train()
    assert runner.iter == 9
    assert runner.optim_wrapper.loss_scaler.get_scale() == 2.0**13
    assert bias.isfinite().all()


@pytest.mark.parametrize('how', ['image', 'loss'])
def test_a_loss_that_is_not_finite_stops_scaled_training_too(scaled, how):
    runner = Runner.from_cfg(scaled)
    before = spoil(runner, how, iteration=4)
    with pytest.raises(NonFiniteError, match='iteration 5'):
        runner.train()
    _, state = saved_state(Path(scaled.work_dir) / 'non_finite_iter_5.pth')
    assert same(state, before) == []


def test_updates_that_are_always_skipped_stop_training(scaled):
    scaled.default_hooks.finite_check.max_skipped = 4
    runner = Runner.from_cfg(scaled)
    runner.model.head.classifier.bias.register_hook(lambda grad: grad * math.nan)
    with pytest.raises(NonFiniteError, match='4 updates in a row were skipped'):
        runner.train()
    assert runner.iter == 3


def test_all_finite():
    assert all_finite([]) and all_finite([torch.empty(0), torch.tensor([3])])
    large = torch.full((3, 2), 3e38)  # the sum of squares overflows
    assert not all_finite([large], exact=False)
    assert all_finite([large, torch.ones(2, dtype=torch.float64), torch.tensor(1.0).half()])
    for bad in (math.nan, math.inf, -math.inf):
        for position in range(6):
            broken = large.clone()
            broken.view(-1)[position] = bad
            assert not all_finite([large, broken])
            broken = torch.ones(3, 2, dtype=torch.bfloat16)
            assert all_finite([broken], exact=False)
            broken.view(-1)[position] = bad
            assert not all_finite([large[:0], broken], exact=False)


def test_bad_argument():
    with pytest.raises(ValueError, match='max_skipped to be at least 1, but got 0'):
        FiniteCheckHook(max_skipped=0)
