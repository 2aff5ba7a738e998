"""A pass over the training set, from which parts of a method learn."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from mmengine.dataset import DefaultSampler
from mmengine.dist import is_main_process
from mmengine.runner import Runner
from rich.progress import track
from torch import nn
from torch.utils.data import DataLoader

from dsrb_mm.engine.finite_checks import all_finite, batch_paths, shorten
from dsrb_mm.engine.hooks.epoch_seed_hook import shared_seed
from dsrb_mm.models.method_part import MethodPart, TrainingProgress


@torch.no_grad()
def pass_over_training_set(
    runner: Runner, model: nn.Module, parts: Sequence[MethodPart], progress: TrainingProgress
) -> None:
    """Show the training set to some parts, each image once, with the model in evaluation mode.

    Every image passes through the model in exactly one of the processes, by the training pipeline.

    Args:
        runner: The runner, during a training.
        model: Its model, without the wrapper of a distributed training.
        parts: What looks at the images (:meth:`MethodPart.observe`).
        progress: Where training stands.
    """
    start = time.perf_counter()
    training = model.training
    model.eval()
    for part in parts:
        part.start_pass(progress)
    batches: list[tuple[torch.Tensor, list[str]]] = []
    loader = _loader_of_one_pass(runner)
    loader.sampler.set_epoch(int(progress.epoch))
    hidden = not is_main_process()
    for data_batch in track(loader, 'pass over the training set', disable=hidden, transient=True):
        data = model.data_preprocessor(data_batch, False)
        with runner.optim_wrapper.optim_context(runner.model):
            batch = model.head.observed_batch(
                model.extract_feat(data['inputs']), data['data_samples']
            )
        for part in parts:
            part.observe(batch)
        batches.append((all_finite([batch.features]), batch_paths(data_batch)))
    messages = [message for message in [part.finish_pass() for part in parts] if message]
    model.train(training)
    # FiniteCheckHook stops training for it; here the images are known.
    for paths in [paths for finite, paths in batches if not finite]:
        runner.logger.error(f'features with NaN or infinity, of {shorten(paths)}')
    seconds = time.perf_counter() - start
    runner.logger.info(f'pass over the training set ({seconds:.1f} s): {"; ".join(messages)}')


def _loader_of_one_pass(runner: Runner) -> DataLoader:
    loader = runner.train_dataloader
    # Shuffled: where a part takes a limited number of images, they are a random choice.
    sampler = DefaultSampler(loader.dataset, seed=shared_seed(runner), round_up=False)
    return DataLoader(
        loader.dataset,
        batch_size=batch_size(loader),
        sampler=sampler,
        num_workers=loader.num_workers,
        collate_fn=loader.collate_fn,
        pin_memory=loader.pin_memory,
        timeout=loader.timeout,
        worker_init_fn=loader.worker_init_fn,
        multiprocessing_context=loader.multiprocessing_context,
        prefetch_factor=loader.prefetch_factor,
    )


def batch_size(loader: DataLoader) -> int:
    """Samples per batch and process."""
    return loader.batch_size or loader.batch_sampler.batch_size
