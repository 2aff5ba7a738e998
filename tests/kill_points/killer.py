"""Kills its own process with SIGKILL at a moment that the config names."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from mmengine.hooks import Hook
from mmpretrain.registry import HOOKS
from torch.utils.data import get_worker_info

from dsrb_mm.datasets import PartialLabelDataset
from dsrb_mm.fileio import atomic
from dsrb_mm.fileio.atomic import UNFINISHED


def die(*args, **kwargs) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def call_then_die(function: Callable) -> Callable:
    return lambda *args, **kwargs: (function(*args, **kwargs), die())


@HOOKS.register_module()
class KillHook(Hook):
    """Kills at the ``count``-th time (from 1) that ``moment`` comes in this process.

    Args:
        moment: Name of a method below.
        count: Which time.
        name: Of moments about files, the file's name.
        epoch: The moment does not count before this epoch (from 0).
    """

    priority = 'HIGHEST'

    def __init__(self, moment: str, count: int = 1, name: str = '', epoch: int = 0) -> None:
        self.prepare = getattr(self, moment)
        self.left = count
        self.name = name
        self.epoch = epoch

    def before_train(self, runner) -> None:
        self.runner = runner
        self.prepare(runner)

    def now(self) -> bool:
        self.left -= self.runner.epoch >= self.epoch
        return self.left == 0

    def wrap(self, owner, method: str, then: Callable = die, where: Callable | None = None) -> None:
        """Have ``then`` take the place of a function when it is time."""
        function = getattr(owner, method)

        def killing(*args, **kwargs):
            if (where is None or where(*args, **kwargs)) and self.now():
                return then(*args, **kwargs)
            return function(*args, **kwargs)

        setattr(owner, method, killing)

    def start(self, runner) -> None:
        die()

    def train_step(self, runner) -> None:
        self.wrap(runner.model, 'train_step')

    def optimizer_step(self, runner) -> None:
        self.wrap(runner.optim_wrapper, 'step')

    def ema_update(self, runner) -> None:
        """``count`` is a number of parameters: in the middle of a model."""
        ema = next(h for h in runner.hooks if type(h).__name__ == 'EMAHook').ema_model
        self.wrap(ema, 'avg_func')

    def prototype_batch(self, runner) -> None:
        self.wrap(runner.model.head.complements.pprb.bank, 'update')

    def prototype_finish(self, runner) -> None:
        self.wrap(runner.model.head.complements.pprb.bank, 'finish')

    def val_step(self, runner) -> None:
        self.wrap(runner.model, 'val_step')

    def metrics(self, runner) -> None:
        """Validation is done, nothing has been made of it."""
        self.wrap(runner.val_loop.evaluator, 'evaluate')

    def worker(self, runner) -> None:
        """The data-loading worker dies; the training fails because of it."""
        self.wrap(
            PartialLabelDataset, '__getitem__', where=lambda *_: get_worker_info() is not None
        )

    def write(self, runner) -> None:
        """Half of a file has been written."""

        def half(path, mode='r', **options):
            file = open(path, mode, **options)  # noqa: SIM115 (handed on)
            ours = path.name.startswith(self.name) and path.name.endswith(UNFINISHED)
            if ours and self.now():
                file.write = call_then_die(lambda data: os.write(file.fileno(), data[::2]))
            return file

        atomic.open = half  # type: ignore[attr-defined]

    def replace(self, runner) -> None:
        """A file is written and has not taken its place."""
        self.wrap(os, 'replace', where=lambda _, new: Path(new).name == self.name)

    def replaced(self, runner) -> None:
        """A file has taken its place."""
        then = call_then_die(os.replace)
        self.wrap(os, 'replace', then, where=lambda _, new: Path(new).name == self.name)

    def remove(self, runner) -> None:
        """The new checkpoint is there, and so is the old one."""
        self.wrap(os, 'remove', where=lambda path: Path(path).name.startswith(self.name))

    def removed(self, runner) -> None:
        then = call_then_die(os.remove)
        self.wrap(os, 'remove', then, where=lambda path: Path(path).name.startswith(self.name))

    def end(self, runner) -> None:
        self.after_train = die  # type: ignore[method-assign]
