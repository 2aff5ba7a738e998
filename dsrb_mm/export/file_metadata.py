"""What an exported file says of itself: all that a stranger needs to use it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from torch import nn

from dsrb_mm.apis.model_loading import count_classes
from dsrb_mm.apis.preprocessing import evaluation_datasets
from dsrb_mm.export.input_description import describe_input


def file_metadata(
    model: nn.Module, size: tuple[int, int], classes: Sequence[str] | None = None
) -> dict[str, str]:
    """Entries about input, categories and decisions, all of them JSON.

    Args:
        model: What :func:`~dsrb_mm.apis.load_model` returned, or another classifier, of which
            less is known.
        size: Height and width of its input.
        classes: Category names; None takes the model's.

    Returns:
        ``classes``; ``calibration`` with ``temperature``, ``bias`` and ``thresholds``, which are
        0.5 where the checkpoint has no calibration (``rule`` is then ``'none'``); ``preprocessing``
        (:func:`describe_input`) and ``test_pipeline`` where the config says how images are
        prepared.
    """
    names = classes or (getattr(model, '_dataset_meta', None) or {}).get('classes')
    entries: dict[str, Any] = {} if names is None else {'classes': list(names)}
    number = count_classes(model)
    if number is not None:
        entries['calibration'] = _calibration(model, number)
    config = getattr(model, '_config', None)
    levels = [] if config is None else evaluation_datasets(config)
    steps = next((list(level['pipeline']) for level in levels if level.get('pipeline')), None)
    if steps is not None:
        preprocessor = getattr(model, 'data_preprocessor', None)
        entries['preprocessing'] = describe_input(steps, size, preprocessor)
        entries['test_pipeline'] = steps
    return {name: json.dumps(entry, default=str) for name, entry in entries.items()}


def _calibration(model: nn.Module, number: int) -> dict[str, Any]:
    calibration = getattr(model, 'calibration', None)
    if calibration is None:
        plain = {'temperature': 1.0, 'bias': [0.0] * number, 'thresholds': [0.5] * number}
        return plain | {'rule': 'none'}
    content = calibration.to_dict()
    del content['image_keys']
    return content
