"""The same seed gives the same training; which operations a GPU would not repeat."""

from importlib import import_module

import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.training import coco_config
from mmengine.runner import Runner
from torch.utils._python_dispatch import TorchDispatchMode

from dsrb_mm.models.layers.attention_kernels import CHUNKED

# Refused on a GPU under torch.use_deterministic_algorithms (its documentation lists them), as they
# are called on the inside.
REFUSED = {
    'adaptive_avg_pool3d_backward', '_adaptive_avg_pool2d_backward', 'avg_pool3d_backward',
    'adaptive_max_pool2d_backward', 'upsample_linear1d_backward', 'upsample_bilinear2d_backward',
    'upsample_bicubic2d_backward', 'reflection_pad2d_backward', 'nll_loss_forward', 'histc',
    'nll_loss2d_forward', 'put', 'bincount', 'median', 'grid_sampler_2d_backward',
    'kthvalue', '_ctc_loss_backward', 'fractional_max_pool2d_backward',
}  # fmt: skip
# These add in whatever order the threads come. Where no place is met twice, the order is no matter.
SUMS = {'index_add', 'scatter_add', 'index_put', 'embedding_dense_backward', 'scatter_reduce'}


def places_met_twice(name, args):
    """Whether a sum adds two numbers to one place."""
    if name == 'index_add':
        return len(args[2].unique()) < args[2].numel()
    if name == 'scatter_add':
        order = args[2].sort(args[1]).values
        return bool((order.diff(dim=args[1]) == 0).any())
    if name == 'index_put':
        given = torch.stack(torch.broadcast_tensors(*[i for i in args[1] if i is not None]))
        return given.flatten(1).unique(dim=1).shape[1] < given[0].numel()
    return True


class Recorder(TorchDispatchMode):
    """Names of all operations; of sums that meet a place twice, their shape too."""

    def __init__(self):
        super().__init__()
        self.names = set()
        self.unordered = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__.removesuffix('_')
        self.names.add(name)
        if name in SUMS and places_met_twice(name, args):
            self.unordered.add((name, tuple(args[0].shape)))
        return function(*args, **(kwargs or {}))


@pytest.fixture
def config(tmp_path):
    write_coco(tmp_path / 'data', 'train', random_labels(20, 4), list('abcd'))

    def build(name):
        cfg = coco_config(tmp_path / 'data', tmp_path / name, 4, epochs=2)
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        cfg.model.neck.pool_size = 1
        cfg.experiment_name = name
        return cfg

    return build


def train(cfg):
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner.model.state_dict()


def test_deterministic_algorithms_give_the_same_twice(config):
    first, second = (config(name) for name in ('a', 'b'))
    first.randomness = second.randomness = dict(seed=3, deterministic=True)
    try:
        one, other = train(first), train(second)
    finally:
        torch.use_deterministic_algorithms(False)
        torch.backends.cudnn.deterministic = False
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_operations_that_a_gpu_does_not_repeat(config, monkeypatch):
    # The form that runs on a GPU.
    attention = import_module('dsrb_mm.models.layers.semantic_attention')
    monkeypatch.setattr(attention, 'choose_kernels', lambda *_: CHUNKED)
    runner = Runner.from_cfg(config('w'))
    train_step, recorder = runner.model.train_step, Recorder()

    def recorded(*args, **kwargs):
        with recorder:
            return train_step(*args, **kwargs)

    runner.model.train_step = recorded
    runner.train()
    assert 'convolution_backward' in recorder.names  # backward passes are recorded
    assert recorder.names & REFUSED == set()
    # The classifiers of the blended entries: one category may be blended in several images.
    classifier = runner.model.head.classifier
    shapes = {tuple(classifier.weight.shape), tuple(classifier.bias.shape)}
    assert recorder.unordered == {('index_add', shape) for shape in shapes}
