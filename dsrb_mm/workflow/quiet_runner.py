"""A runner that leaves the screen to its hooks."""

from __future__ import annotations

from contextlib import redirect_stdout
from typing import Any

from mmengine.logging import MMLogger
from mmengine.runner import Runner
from torch import nn

from dsrb_mm.engine.hooks.console_hook import ConsoleHook, quiet_loggers


class QuietRunner(Runner):
    """Logs to the file only, and leaves the config in the work directory unchanged."""

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Log to the file only."""
        logger = super().build_logger(*args, **kwargs)
        quiet_loggers()
        return logger

    def train(self) -> nn.Module:
        """Train, and restore the screen even if training fails."""
        try:
            return super().train()
        finally:
            for hook in self.hooks:
                if isinstance(hook, ConsoleHook):
                    hook.stop()

    def load_checkpoint(self, *args: Any, **kwargs: Any) -> Any:
        """Load without the line that MMEngine prints outside its log."""
        with redirect_stdout(None):
            return super().load_checkpoint(*args, **kwargs)

    def dump_config(self) -> None:
        """Write nothing: users need the config without the cached features."""
