"""Shared by all tests: one thread, fixed seeds, and `import oracles`."""

import gc
import itertools
import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from mmengine.runner import CheckpointLoader, Runner

# Not `tests.oracles`: some installed packages bring a package called `tests`, which would win.
sys.path.insert(0, str(Path(__file__).parent))

from helpers.network import blocked_network

torch.set_num_threads(1)
# The first backward pass decides for the process whether autograd has threads, and copies of the
# process cannot train if it has. After an export or torch.compile it would have some.
torch.ones(1, requires_grad=True).backward()
settings.register_profile('dsrb_mm', deadline=None, max_examples=25, derandomize=True)
# `python -m pytest tests/test_fuzz --hypothesis-profile=long`: new inputs at every run.
settings.register_profile('long', deadline=None, max_examples=1000)
settings.load_profile('dsrb_mm')


def pytest_addoption(parser):
    group = parser.getgroup('kill points')
    group.addoption('--kill-points', choices=['some', 'all'], default='some')
    group.addoption('--kill-threads', type=int, default=1)
    group.addoption('--kill-spawn', action='store_true')


@pytest.fixture(autouse=True, scope='session')
def quick_garbage_collection():
    # MMEngine collects garbage whenever a dataset is built: 0.4 s with all that is imported here.
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True, scope='session')
def quick_runners():
    number, setup_env = itertools.count(), Runner.setup_env

    def setup_env_and_name(runner, *args):
        setup_env(runner, *args)
        # Runners of the same second would share loggers and the history of their values.
        runner._timestamp += f'_{next(number)}'

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Runner, 'setup_env', setup_env_and_name)
        # MMEngine formats the config for the log and every checkpoint: longer than tiny trainings.
        patch.setattr('mmengine.config.config.FormatCode', lambda text, **kwargs: (text, True))
        yield


@pytest.fixture(autouse=True, scope='session')
def no_network():
    with blocked_network():
        yield


@pytest.fixture(autouse=True)
def unguarded_loaders(monkeypatch):
    """The tools guard MMEngine's loaders for the process; here a test is a process."""
    monkeypatch.setattr(CheckpointLoader, '_schemes', CheckpointLoader._schemes.copy())


@pytest.fixture(autouse=True)
def fixed_seeds():
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
