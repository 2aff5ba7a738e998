"""When numbers are checked: before each update, and at the start of an epoch."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import torch
from mmengine.dist import all_gather_object, all_reduce, barrier, is_main_process
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from torch import Tensor, nn

from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.finite_checks import (
    Finding,
    KeptBuffers,
    NonFiniteError,
    all_finite,
    batch_images,
    describe_losses,
    describe_state,
    losses_of,
    merge_findings,
    non_finite_state,
    shorten,
    without_inputs,
)
from dsrb_mm.fileio.atomic import write_atomically


@HOOKS.register_module()
class FiniteCheckHook(Hook):
    """Stops training at the first NaN or infinity, before it reaches the weights.

    Losses and gradients are looked at before each update: what is saved then,
    ``non_finite_iter_<n>.pth``, is the state before the iteration: weights, optimiser, and the
    statistics of BatchNorm, which the forward pass has changed already. Beside it,
    ``non_finite_iter_<n>.json`` holds losses, files and labels of the batch. At the start of an
    epoch weights, prototypes and label graph are looked at.

    The cost: one pass over the gradients, a copy of the buffers, and one wait of the host for the
    device in an iteration (MMEngine waits once more, for the values it logs).

    Under mixed precision an overflow of the scaled gradients is normal: the gradient scaler skips
    the update and lowers the scale, and training goes on. Only a loss that is not finite stops it,
    or ``max_skipped`` skipped updates in a row.

    Several processes stop together; all say which of them had the value, and name its batch.

    Args:
        max_skipped: How many updates in a row the gradient scaler may skip.

    Raises:
        ValueError: ``max_skipped`` below 1.
    """

    # After the hooks that compute prototypes and label graph.
    priority = 'VERY_LOW'

    def __init__(self, max_skipped: int = 50) -> None:
        if max_skipped < 1:
            raise ValueError(f'expected max_skipped to be at least 1, but got {max_skipped}')
        self.max_skipped = max_skipped
        self._batches: list[Any] = []  # all since the last update
        self._handles: list[Any] = []
        self._losses: dict[str, Tensor] = {}
        self._buffers = KeptBuffers()
        self._stepped = True
        self._skipped = 0

    def before_train(self, runner: Runner) -> None:
        """Look at every loss and every update from here on."""
        self.after_train(runner)  # of a training that failed
        self._handles = [bare_model(runner).register_forward_hook(self._note_losses)]
        wrapper = runner.optim_wrapper
        for one in wrapper.values() if isinstance(wrapper, OptimWrapperDict) else [wrapper]:
            check = partial(self._check_update, runner, hasattr(one, 'loss_scaler'))
            self._handles.append(one.optimizer.register_step_pre_hook(check))

    def after_train(self, runner: Runner) -> None:
        """Let go of model and optimiser."""
        while self._handles:
            self._handles.pop().remove()

    def before_train_epoch(self, runner: Runner) -> None:
        """Look at weights, prototypes and label graph."""
        model = bare_model(runner)
        names = non_finite_state(model)
        if not _everywhere(torch.tensor(not names)):
            classes = getattr(runner.train_dataloader.dataset, 'metainfo', {}).get('classes')
            found = describe_state(names, model, classes)
            reason = f'epoch {runner.epoch + 1} starts with NaN or infinity in {found}'
            self._batches = []
            self._stop(runner, reason, own=bool(names))

    def after_train_epoch(self, runner: Runner) -> None:
        """Keep the prototypes there are, in case the next ones are not finite."""
        self._buffers.keep(bare_model(runner))

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        """Keep what the forward pass changes, and the batch's files and labels."""
        if self._stepped:
            self._batches = []
            self._buffers.keep(bare_model(runner))
        self._stepped = False
        self._batches.append(without_inputs(data_batch))

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Look at the loss of an iteration without an update: accumulated, or skipped."""
        if self._stepped:
            self._skipped = 0
            return
        # The update did not take place, so the weights are those from before.
        self._check(runner, [])
        if hasattr(runner.optim_wrapper, 'loss_scaler') and runner.optim_wrapper.should_update():
            self._stepped = True
            self._skipped += 1
            if self._skipped >= self.max_skipped:
                self._stop(
                    runner,
                    f'{self._skipped} updates in a row were skipped because of gradients that are '
                    'not finite, at a finite loss',
                )

    def _note_losses(self, model: nn.Module, inputs: Any, outputs: Any) -> None:
        losses = losses_of(outputs)
        self._losses = self._losses if losses is None else losses

    def _check_update(self, runner: Runner, scaled: bool, *_: Any) -> None:
        """Called by the optimiser before it changes anything."""
        # The gradient scaler has looked at the gradients itself.
        gradients = [] if scaled else [p.grad for p in runner.model.parameters()]
        self._check(runner, [g for g in gradients if g is not None])
        self._stepped = True

    def _check(self, runner: Runner, gradients: list[Tensor]) -> None:
        losses = list(self._losses.values())
        # Norms first: they are quicker.
        if any(_everywhere(all_finite([*losses, *gradients], exact)) for exact in (False, True)):
            return
        text = describe_losses(self._losses, bare_model(runner))
        reason = f'NaN or infinity in iteration {runner.iter + 1}: {text}'
        self._stop(runner, reason, own=not all_finite(losses))

    def _stop(self, runner: Runner, reason: str, own: bool = False) -> NoReturn:
        self._buffers.restore()
        whole = not non_finite_state(bare_model(runner))
        finding = Finding(reason, own, whole, batch_images(self._batches))
        _save_and_raise(runner, all_gather_object(finding))


def _save_and_raise(runner: Runner, findings: list[Finding]) -> NoReturn:
    """Save what the first process has, and raise the same error in all processes."""
    reason, ranks, images = merge_findings(findings)
    checkpoint = Path(runner.work_dir) / f'non_finite_iter_{runner.iter + 1}.pth'
    report = checkpoint.with_suffix('.json')
    whole = findings[0].whole
    try:
        if whole:
            meta = dict(epoch=runner.epoch, iter=runner.iter)
            runner.save_checkpoint(runner.work_dir, checkpoint.name, meta=meta)
        if is_main_process():
            content = dict(reason=reason, epoch=runner.epoch + 1, iteration=runner.iter + 1)
            content |= dict(ranks=ranks, images=images)
            write_atomically(report, json.dumps(content, indent=1).encode())
    finally:  # if the first process fails, the others must not wait for it
        barrier()  # nobody leaves before all is written
    paths = [image['path'] for image in images]
    raise NonFiniteError(
        f'{reason}. {f"Batch: {shorten(paths)}. " if paths else ""}'
        f'Saved: {f"the state before it in {checkpoint}, " if whole else ""}'
        f'files and labels in {report}'
    )


def _everywhere(flag: Tensor) -> bool:
    """Whether it is true in all processes, which stop together."""
    flag = flag.float()
    all_reduce(flag, 'min')
    return bool(flag.item())
