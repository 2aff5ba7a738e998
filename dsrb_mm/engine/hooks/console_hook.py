"""A training that one can follow on a screen."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
from mmengine.hooks import Hook
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dsrb_mm.datasets import get_label_matrix

_METRICS = ('mAP', 'CF1', 'CF1_tuned')


@HOOKS.register_module()
class ConsoleHook(Hook):
    """Shows what is trained on, a progress bar, and one line per validation.

    The log goes to its file alone: on the screen, only its warnings are left. Does nothing in all
    processes but the first.

    Args:
        prefix: Of the metrics shown.

    Example:
        >>> default_hooks = dict(console=dict(type='ConsoleHook'))
    """

    # After the hooks that log and validate.
    priority = 'LOWEST'

    def __init__(self, prefix: str = 'multi-label') -> None:
        self.prefix = prefix
        self.console = Console(highlight=False, markup=False)
        self._losses: list[float] = []
        self._best: tuple[float, int] | None = None

    def before_train(self, runner: Runner) -> None:
        """Say what is trained on, and start the progress bar."""
        if runner.rank:
            return
        quiet_loggers()
        loaders = dict(train=runner.train_dataloader)
        if runner.val_loop is not None:
            loaders['validation'] = runner.val_loop.dataloader
        for name, loader in loaders.items():
            labels = get_label_matrix(loader.dataset)
            counts = [f'{(labels == value).sum():,}' for value in (1, 0, -1)]
            self.console.print(
                f'{name}: {len(labels):,} images, {labels.shape[1]} categories; labels: '
                f'{counts[0]} present, {counts[1]} absent, {counts[2]} unknown'
            )
        self.console.print(
            f'{runner.max_iters} steps in {runner.max_epochs} epochs on {_device(runner)}, log and '
            f'checkpoints: {runner.work_dir}',
            soft_wrap=True,
        )
        self.progress = Progress(
            *(TextColumn('training'), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()),
            console=self.console,
            transient=True,
        )
        self._task = self.progress.add_task('', total=runner.max_iters, completed=runner.iter)
        self.progress.start()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs: Mapping | None = None
    ) -> None:
        """Move the bar, and remember the loss."""
        if not runner.rank:
            self._losses.append(float((outputs or {}).get('loss', np.nan)))
            self.progress.update(self._task, completed=runner.iter + 1)

    def after_val_epoch(self, runner: Runner, metrics: Mapping[str, float] | None = None) -> None:
        """One line: epoch, loss since the last line, metrics, and the best so far."""
        if runner.rank or not hasattr(self, 'progress') or not metrics:
            return
        shown = {
            name: metrics[f'{self.prefix}/{name}']
            for name in _METRICS
            if f'{self.prefix}/{name}' in metrics
        }
        epoch = runner.epoch
        value = shown.get('mAP', np.nan)
        if self._best is None or value > self._best[0]:
            self._best = (value, epoch)
        loss = np.mean(self._losses) if self._losses else np.nan
        self._losses = []
        text = ', '.join(f'{name} {number:.1f}' for name, number in shown.items())
        best = f'best mAP {self._best[0]:.1f} (epoch {self._best[1]})'
        self.console.print(f'epoch {epoch:>3}: loss {loss:.4f}, {text}; {best}', soft_wrap=True)

    def after_train(self, runner: Runner) -> None:
        """Take the bar away."""
        if not runner.rank:
            self.progress.stop()


def quiet_loggers(level: int = logging.ERROR) -> None:
    """Keep records of MMEngine's loggers below a level off the screen; log files get them all."""
    MMLogger.get_current_instance()  # made now, or else at the first record
    for logger in MMLogger._instance_dict.values():
        for handler in logger.handlers:
            if type(handler) is logging.StreamHandler:
                handler.setLevel(level)


def _device(runner: Runner) -> str:
    return str(next(runner.model.parameters()).device)
