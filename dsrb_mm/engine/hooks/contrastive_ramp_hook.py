"""How the contrastive loss is phased in."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from dsrb_mm.arguments import check_number
from dsrb_mm.engine.bare_model import bare_model


@HOOKS.register_module()
class ContrastiveRampHook(Hook):
    """Ramps the contrastive loss linearly from 0 to its weight.

    Args:
        epochs: Length of the ramp; the published one is the first epoch. 0 switches it off.

    Raises:
        ValueError: ``epochs`` below 0.
    """

    def __init__(self, epochs: float = 1) -> None:
        check_number('epochs', epochs, 0)
        self.epochs = epochs

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        """Set the factor of this iteration."""
        model = bare_model(runner)
        length = self.epochs * len(runner.train_dataloader)
        model.head.contrastive_ramp = min(1.0, runner.iter / length) if length else 1.0
