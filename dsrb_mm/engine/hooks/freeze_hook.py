"""Freezing parts of a model that have no option of their own for it."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS


@HOOKS.register_module()
class FreezeHook(Hook):
    """Keeps modules fixed: no gradients, and eval mode (BatchNorm statistics) throughout.

    For backbones without ``frozen_stages``. A module whose parameters and input need no gradient
    runs without autograd.

    Args:
        modules: Dotted names in the model, such as ``['backbone']``.
    """

    def __init__(self, modules: list[str]) -> None:
        self.modules = list(modules)

    def before_run(self, runner: Runner) -> None:
        """Switch gradients off.

        Raises:
            ValueError: The model has no module of that name.
        """
        for module in self._find(runner):
            module.requires_grad_(False)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        """Undo the train() that every epoch begins with, and that validation ends with."""
        if batch_idx == 0 or not hasattr(self, '_frozen'):
            self._frozen = self._find(runner)
        for module in self._frozen:
            if module.training:
                module.eval()

    def _find(self, runner: Runner) -> list:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        try:
            return [model.get_submodule(name) for name in self.modules]
        except AttributeError as error:
            raise ValueError(
                f'expected modules to name parts of the model, but got {self.modules}: {error}'
            ) from error
