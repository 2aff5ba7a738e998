"""Memory format of the model."""

from __future__ import annotations

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Keeps convolution weights, and thereby feature maps, in channels-last order.

    Same results, other speed: depthwise convolutions on a CPU run several times faster, and mixed
    precision on a GPU uses its matrix units without transposing.
    """

    def before_run(self, runner: Runner) -> None:
        """Convert the model before anything runs; loading a checkpoint keeps the format."""
        runner.model.to(memory_format=torch.channels_last)
