"""A runner for short trainings whose result stays in memory."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmengine.visualization import Visualizer

# What MMEngine keeps one of per runner; the latest made is the current one.
_MANAGERS = (DefaultScope, MessageHub, MMLogger, Visualizer)
_LOGGED = 50  # iterations between two lines of the log


class InMemoryRunner(Runner):
    """Runner that neither looks at the machine, which takes seconds, nor writes config and log.

    Example:
        >>> with closing(InMemoryRunner.from_cfg(in_memory_config(cfg, folder))) as runner:
        ...     runner.train()
    """

    def _log_env(self, env_cfg: dict) -> None:
        pass

    def dump_config(self) -> None:
        """Write nothing: whoever trains this way keeps the settings."""

    def build_logger(self, log_level: str = 'INFO', **kwargs: Any) -> MMLogger:
        """Log to what is standard output now, without a file beside it."""
        return MMLogger.get_instance(self._experiment_name, log_level=log_level)

    def close(self) -> None:
        """Let go of standard output, and of the folder that a log would lie in."""
        while self.logger.handlers:
            self.logger.removeHandler(self.logger.handlers[0])
        Path(self.log_dir).rmdir()


def in_memory_config(cfg: Config, work_dir: str | Path, without: Iterable[str] = ()) -> Config:
    """Copy of a config for :class:`InMemoryRunner`, whose training leaves no file behind.

    It has no checkpoints, nothing to resume from, no backend for pictures and no test set.

    Args:
        cfg: Config of a training.
        work_dir: An empty folder is made and removed in it.
        without: Further default hooks that the training does without.
    """
    cfg = copy.deepcopy(cfg)
    cfg.work_dir, cfg.resume = str(work_dir), False
    cfg.test_dataloader = cfg.test_evaluator = cfg.test_cfg = None
    for name in ('resume', *without):
        cfg.default_hooks.pop(name, None)
    cfg.default_hooks.update(checkpoint=None, logger=dict(type='LoggerHook', interval=_LOGGED))
    cfg.visualizer = dict(type='Visualizer', vis_backends=[])
    return cfg


@contextmanager
def trial_run() -> Iterator[None]:
    """Let a runner be made and trained in the block, while another one is training.

    The logger, message hub, visualizer and scope of the other runner are the current ones again
    afterwards, and those of the inner one are forgotten.
    """
    before = {manager: set(manager._instance_dict) for manager in _MANAGERS}
    try:
        yield
    finally:
        for manager, names in before.items():
            for name in set(manager._instance_dict) - names:
                del manager._instance_dict[name]
