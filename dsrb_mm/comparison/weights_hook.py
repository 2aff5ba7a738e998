"""Keeps the weights of the last and of the best validated epoch in memory."""

from __future__ import annotations

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.sweep.state import MAP


class WeightsHook(Hook):
    """Keeps the weights as they were validated, averaged ones included.

    Attributes:
        last: State of the last validated epoch.
        chosen: State of the epoch with the highest mAP, the earliest of equal ones; that of the
            last epoch where no mAP is defined.
        chosen_epoch: Number of that epoch, from 1.
        best: Its mAP, None where it is not defined.
    """

    # Before EMAHook puts the weights of training back.
    priority = 'ABOVE_NORMAL'

    def __init__(self) -> None:
        self.last: dict[str, torch.Tensor] = {}
        self.chosen: dict[str, torch.Tensor] = {}
        self.chosen_epoch = 0
        self.best: float | None = None

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Copy the weights."""
        state = bare_model(runner).state_dict()
        self.last = {name: value.detach().cpu().clone() for name, value in state.items()}
        found = (metrics or {}).get(MAP, float('nan'))
        better = self.best is None or found > self.best  # False for NaN
        if better:
            self.chosen, self.chosen_epoch = self.last, runner.epoch
            self.best = None if found != found else found
