"""The model of a runner as it was built, and what its modules say about their state."""

from __future__ import annotations

from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn


def bare_model(runner: Runner) -> nn.Module:
    """The model itself where several processes have wrapped it."""
    return runner.model.module if is_model_wrapper(runner.model) else runner.model


def names_in_state(model: nn.Module, attribute: str) -> tuple[str, ...]:
    """Names that modules give in a class attribute, as they stand in the model's state dict.

    A module tells in this way what code for any model could not know: ``training_only`` are
    prefixes of state that only training reads, ``category_rows`` are tensors whose first dimension
    is the categories.

    Args:
        model: Model whose modules are asked.
        attribute: Name of the attribute, a tuple of names relative to the module.
    """
    return tuple(
        f'{path}.{name}' if path else name
        for path, module in model.named_modules()
        for name in getattr(type(module), attribute, ())
    )
