"""A runner that leaves the screen to its hooks."""

from __future__ import annotations

from contextlib import redirect_stdout
from typing import Any

from mmengine.logging import MMLogger
from mmengine.runner import Runner
from torch import nn

from dsrb_mm.engine.hooks.console_hook import ConsoleHook, quiet_loggers


class QuietRunner(Runner):
    """Keeps its log off the screen, and leaves the config in the work directory as it is."""

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Log to the file alone."""
        logger = super().build_logger(*args, **kwargs)
        quiet_loggers()
        return logger

    def train(self) -> nn.Module:
        """Train, and leave the screen as it was, whatever happens."""
        try:
            return super().train()
        finally:
            for hook in self.hooks:
                if isinstance(hook, ConsoleHook):
                    hook.stop()

    def load_checkpoint(self, *args: Any, **kwargs: Any) -> Any:
        """Load without a line on the screen, which MMEngine prints past its log."""
        with redirect_stdout(None):
            return super().load_checkpoint(*args, **kwargs)

    def dump_config(self) -> None:
        """Write nothing: what trains on cached features is not what the user should find."""
