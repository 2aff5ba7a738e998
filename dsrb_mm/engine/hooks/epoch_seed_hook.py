"""Randomness that depends on the epoch alone, so that a resumed training repeats it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from mmengine.dist import broadcast_object_list, get_rank
from mmengine.hooks import DistSamplerSeedHook
from mmengine.registry import FUNCTIONS
from mmengine.runner import IterBasedTrainLoop, Runner
from mmpretrain.registry import HOOKS


def _seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


@FUNCTIONS.register_module()
def seed_worker(worker_id: int) -> None:
    """Seed a data-loading worker from the main process's generator (``worker_init_fn``).

    MMEngine's own gives a worker the same seed in every epoch, hence the same augmentations in
    the same order. PyTorch's ``initial_seed()`` of a worker follows the main process, which
    :class:`EpochSeedHook` seeds.

    Args:
        worker_id: Number of the worker; already part of ``initial_seed()``.
    """
    _seed_all(torch.initial_seed() % 2**32)


@HOOKS.register_module()
class EpochSeedHook(DistSamplerSeedHook):
    """Seeds all generators at the start of every epoch from seed, epoch and process.

    Takes the place of MMEngine's ``DistSamplerSeedHook`` (``default_hooks.sampler_seed``), which
    tells the sampler the epoch; this hook does that, too.

    Checkpoints hold no generator states; with this hook none is needed: an epoch draws the same
    random numbers in an uninterrupted run and in one resumed before it. Needs workers that start
    anew in every epoch (``persistent_workers=False``) and are seeded by :func:`seed_worker`.
    """

    # First of all hooks: the prototype pass draws random augmentations as well.
    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Seed the sampler as well: a resumed run has the seed of its checkpoint.

        MMEngine reads that seed only after it has built the sampler with the config's, or, where
        the config names none, with a random one.
        """
        config = runner.cfg.train_dataloader
        loader = runner.train_dataloader
        for name in ('sampler', 'batch_sampler'):
            sampler: Any = getattr(loader, name, None)
            given = (config.get(name) or {}).get('seed')
            if given is None and isinstance(getattr(sampler, 'seed', None), int):
                sampler.seed = shared_seed(runner)

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed the sampler, Python, NumPy and PyTorch."""
        super().before_train_epoch(runner)
        _seed(runner, 0)

    def before_val_epoch(self, runner: Runner) -> None:
        """Seed validation too: :class:`ResumeHook` may repeat it in another process."""
        # A loop of iterations validates several times in its one epoch.
        in_iterations = isinstance(runner._train_loop, IterBasedTrainLoop)
        _seed(runner, 1, *([runner.iter] if in_iterations else []))


def shared_seed(runner: Runner) -> int:
    """Seed of the main process, for samplers, which share out one order of the images.

    With ``randomness.diff_rank_seed``, every process has a seed of its own. All processes call it.
    """
    seed = [runner.seed]
    broadcast_object_list(seed)
    return seed[0]


def _seed(runner: Runner, *purpose: int) -> None:
    # SeedSequence takes a list with or without a zero at its end for the same.
    sequence = np.random.SeedSequence([runner.seed, runner.epoch, get_rank(), *purpose])
    _seed_all(int(sequence.generate_state(1)[0]))
