"""Weights for inference and tests: read without trusting the file, checked against the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from dsrb_mm.engine.checkpoints.checkpoint_reading import load_plain_checkpoint
from dsrb_mm.models.method_part import MethodPart

# What only training reads: a config may have switched it off, or on, since.
_TRAINING_ONLY = (
    'head.complements.',
    'head.aux_losses.',
    'head.loss_module.',
    'head.base_rate_entropy',
)
_SHOWN = 3  # weights named in a message


class WeightMismatchError(ValueError):
    """Weights that are not those of the model."""


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint of tensors and plain containers.

    Returns:
        A dict with ``state_dict``; a bare state dict is put into one.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It holds other objects, which could run code when loaded, or is no checkpoint.
    """
    content = load_plain_checkpoint(path)
    if not isinstance(content, dict):
        raise ValueError(f'expected {path} to hold a dict, but got {type(content).__name__}')
    return content if 'state_dict' in content else dict(state_dict=content)


def load_weights(model: nn.Module, checkpoint: dict[str, Any], source: str | Path) -> None:
    """Load a checkpoint's weights; all that inference uses must fit.

    Args:
        model: Model to load into.
        checkpoint: What :func:`read_checkpoint` returned.
        source: Its file, for messages.

    Raises:
        WeightMismatchError: Weights are missing, unknown or of another shape.
    """
    state = {
        name.removeprefix('module.'): value for name, value in checkpoint['state_dict'].items()
    }
    own = model.state_dict()
    if not own.keys() & state.keys():
        raise WeightMismatchError(
            f'expected the checkpoint {source} to fit the config, but none of its '
            f'{len(state)} weights has a name of the model: {sorted(state)[:_SHOWN]}'
        )
    optional = {name for name in state if name.startswith(_TRAINING_ONLY)}
    any_shape = _sized_by_data(model)
    fitting = {
        name: value
        for name, value in state.items()
        if name not in optional
        or (name in own and (name in any_shape or own[name].shape == value.shape))
    }
    try:
        report = model.load_state_dict(fitting, strict=False)
    except (RuntimeError, ValueError) as error:
        raise WeightMismatchError(
            f'expected the checkpoint {source} to fit the config, but got: {error}'
        ) from error
    # PyTorch counts batches for BatchNorm since 0.4.1; nothing in inference reads the counter.
    missing = [n for n in report.missing_keys if not n.endswith('num_batches_tracked')]
    wrong = {
        'missing': [n for n in missing if not n.startswith(_TRAINING_ONLY)],
        'unknown to the model': report.unexpected_keys,
    }
    text = [f'{len(n)} weights {kind}: {sorted(n)[:_SHOWN]}' for kind, n in wrong.items() if n]
    if text:
        raise WeightMismatchError(
            f'expected the checkpoint {source} to fit the config, but got {"; ".join(text)}'
        )


def _sized_by_data(model: nn.Module) -> set[str]:
    """Names of the buffers that take whatever shape a checkpoint has for them."""
    return {
        f'{prefix}.{name}'.lstrip('.')
        for prefix, module in model.named_modules()
        if isinstance(module, MethodPart)
        for name in module.sized_by_data
    }
