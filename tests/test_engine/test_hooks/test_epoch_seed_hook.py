"""Processes with seeds of their own still share out one order of the images."""

import json
import multiprocessing
from types import SimpleNamespace

import pytest
from helpers.two_processes import run_in_two_processes
from mmengine.config import Config
from mmengine.dataset import DefaultSampler

from dsrb_mm.engine.hooks import EpochSeedHook


@pytest.mark.skipif('fork' not in multiprocessing.get_all_start_methods(), reason='needs fork')
def test_samplers_of_processes_with_different_seeds_agree(tmp_path):
    def order(rank):
        sampler = DefaultSampler(range(8), shuffle=True, seed=None)
        runner = SimpleNamespace(
            cfg=Config(dict(train_dataloader=dict(sampler=dict(type='DefaultSampler')))),
            train_dataloader=SimpleNamespace(sampler=sampler, batch_sampler=None),
            seed=3 + rank,  # randomness.diff_rank_seed
        )
        EpochSeedHook().before_train(runner)
        (tmp_path / f'{rank}.json').write_text(json.dumps([sampler.seed, *sampler]))

    assert run_in_two_processes(order, tmp_path) == []
    (seed, *first), (other, *second) = (
        json.loads((tmp_path / f'{rank}.json').read_text()) for rank in (0, 1)
    )
    assert seed == other == 3
    assert sorted(first + second) == list(range(8))
