"""The calibration in a checkpoint file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from dsrb_mm.calibration import META_KEY, Calibration
from dsrb_mm.engine.checkpoints.checkpoint_reading import (
    CheckpointFileError,
    load_plain_checkpoint,
)
from dsrb_mm.fileio.atomic import open_atomically


def read_calibration(
    checkpoint: Mapping[str, Any], source: str | Path, num_classes: int | None = None
) -> Calibration | None:
    """Take the calibration out of a checkpoint's content.

    Args:
        checkpoint: What :func:`read_checkpoint` returned.
        source: Its file, for messages.
        num_classes: Number of categories of the model, where it is known.

    Returns:
        None where the checkpoint has none.

    Raises:
        CheckpointFileError: What stands there is none, or is one of other categories.
    """
    content = (checkpoint.get('meta') or {}).get(META_KEY)
    if content is None:
        return None
    try:
        found = Calibration.from_dict(content)
    except ValueError as error:
        raise CheckpointFileError(f'the calibration in {source} is damaged: {error}') from error
    if num_classes not in (None, found.num_classes):
        raise CheckpointFileError(
            f'the calibration in {source} is of {found.num_classes} categories, but the model has '
            f'{num_classes}'
        )
    return found


def store_calibration(path: str | Path, calibration: Calibration) -> None:
    """Put a calibration into a checkpoint file, in one step; all else in it stays.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointFileError: It is damaged, or holds other objects than tensors and containers.
        OSError: It cannot be written.
    """
    content = load_plain_checkpoint(path)
    if not isinstance(content, dict) or 'state_dict' not in content:
        content = dict(state_dict=content)
    content['meta'] = dict(content.get('meta') or {}, **{META_KEY: calibration.to_dict()})
    with open_atomically(path, 'wb') as file:
        torch.save(content, file)
