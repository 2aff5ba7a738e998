"""A training that one can follow on a screen."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence

import numpy as np
from mmengine.hooks import Hook
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dsrb_mm.datasets import get_label_matrix

_BEST = 'mAP'
_EPOCH = re.compile(r'_epoch_(\d+)\.pth$')


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
                f'{counts[0]} present, {counts[1]} absent, {counts[2]} unknown',
                soft_wrap=True,
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
        if runner.iter:
            done = runner.iter >= runner.max_iters
            self.console.print(
                'this training is finished' if done else f'going on after epoch {runner.epoch}'
            )
        self._best = _best_before(runner)
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
        prefix = f'{self.prefix}/'
        shown = {
            name.removeprefix(prefix): value
            for name, value in metrics.items()
            if name.startswith(prefix)
        }
        value = shown.get(_BEST, np.nan)
        if self._best is None or value > self._best[0]:
            self._best = (value, runner.epoch)
        text = _describe(self._losses, shown, self._best)
        self._losses = []
        self.console.print(f'epoch {runner.epoch:>3}: {text}', soft_wrap=True)

    def after_train(self, runner: Runner) -> None:
        """Take the bar away."""
        self.stop()

    def stop(self) -> None:
        """Give the screen back: the bar hides the cursor, also of a training that was cut off."""
        if hasattr(self, 'progress'):
            self.progress.stop()


def _describe(
    losses: Sequence[float], metrics: Mapping[str, float], best: tuple[float, int]
) -> str:
    """Losses and metrics of an epoch, as far as they are there; short enough for a line."""
    parts = [f'loss {np.mean(losses):.3f}'] if losses else []
    if 'cross_entropy' in metrics:
        parts.append(f'(val {metrics["cross_entropy"]:.3f})')
    values = [' '.join(parts)] if parts else []
    if _BEST in metrics:
        values.append(f'{_BEST} {metrics[_BEST]:.1f} (best {best[0]:.1f}, epoch {best[1]})')
    if 'CF1_tuned' in metrics:
        values.append(f'tuned CF1 {metrics["CF1_tuned"]:.1f}')
    elif 'CF1' in metrics:
        values.append(f'CF1 {metrics["CF1"]:.1f}')
    return ', '.join(values)


def _best_before(runner: Runner) -> tuple[float, int] | None:
    """The best metric of a training that is resumed, and its epoch."""
    info = runner.message_hub.runtime_info
    epoch = _EPOCH.search(str(info.get('best_ckpt')))
    return (float(info['best_score']), int(epoch[1])) if epoch and 'best_score' in info else None


def say(runner: Runner, text: str) -> None:
    """Show a line on the screen of the :class:`ConsoleHook` if there is one, and log it."""
    runner.logger.info(text)
    for hook in runner.hooks:
        if isinstance(hook, ConsoleHook) and not runner.rank:
            hook.console.print(text, soft_wrap=True)


def quiet_loggers(level: int = logging.ERROR) -> None:
    """Keep records of MMEngine's loggers below a level off the screen; log files get them all."""
    MMLogger.get_current_instance()  # made now, or else at the first record
    for logger in MMLogger._instance_dict.values():
        for handler in logger.handlers:
            if type(handler) is logging.StreamHandler:
                handler.setLevel(level)


def _device(runner: Runner) -> str:
    return str(next(runner.model.parameters()).device)
