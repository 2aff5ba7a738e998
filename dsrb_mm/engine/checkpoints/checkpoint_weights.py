"""Weights for inference and tests: read without trusting the file, checked against the model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from dsrb_mm.engine.bare_model import names_in_state
from dsrb_mm.engine.checkpoints.checkpoint_reading import CheckpointFileError, load_plain_checkpoint

_SHOWN = 3  # weights named in a message


class WeightMismatchError(ValueError):
    """Weights that are not those of the model."""


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint of tensors and plain containers.

    Returns:
        A dict with ``state_dict``; a bare state dict is put into one.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not a checkpoint, or holds objects that could run code when loaded.
    """
    content = load_plain_checkpoint(path)
    if not isinstance(content, dict):
        raise CheckpointFileError(
            f'expected {path} to hold a dict, but got {type(content).__name__}'
        )
    return content if 'state_dict' in content else dict(state_dict=content)


def load_weights(model: nn.Module, checkpoint: dict[str, Any], source: str | Path) -> None:
    """Load a checkpoint's weights; all that inference uses must fit.

    What only training reads may be missing or differ: a config may have switched it off, or on,
    since. Modules name it in their class attribute ``training_only``, as prefixes.

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
    training_only = names_in_state(model, 'training_only')
    optional = {name for name in state if name.startswith(training_only)}
    any_shape = names_in_state(model, 'sized_by_data')
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
        'missing': [n for n in missing if not n.startswith(training_only)],
        'unknown to the model': report.unexpected_keys,
    }
    text = [f'{len(n)} weights {kind}: {sorted(n)[:_SHOWN]}' for kind, n in wrong.items() if n]
    if text:
        raise WeightMismatchError(
            f'expected the checkpoint {source} to fit the config, but got {"; ".join(text)}'
        )


def checkpoint_classes(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Categories that a checkpoint was trained on, in their order; none where it does not say.

    Args:
        content: A checkpoint of MMEngine, or of MMClassification before it.
    """
    meta = content.get('meta')
    meta = meta if isinstance(meta, Mapping) else {}
    data = meta.get('dataset_meta')
    named = data.get('classes') if isinstance(data, Mapping) else None
    return tuple(map(str, named or meta.get('CLASSES') or ()))
