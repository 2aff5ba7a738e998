"""The model of a runner as it was built."""

from __future__ import annotations

from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn


def bare_model(runner: Runner) -> nn.Module:
    """The model itself where several processes have wrapped it."""
    return runner.model.module if is_model_wrapper(runner.model) else runner.model
