"""A trained model from a config and a checkpoint, ready to predict."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.model import BaseModel
from mmengine.registry import init_default_scope
from mmengine.runner.checkpoint import CheckpointLoader
from mmpretrain.registry import MODELS

_SHOWN = 3  # names in a message


def load_trained_model(
    cfg: Config,
    checkpoint: str | Path,
    classes: Sequence[str] | None = None,
    device: str | None = None,
) -> BaseModel:
    """Build a config's model and fill it from a checkpoint, in eval mode.

    Unlike in MMEngine, where a weight that does not fit is a warning, nothing may be left over:
    a partly random model predicts nonsense without a sign of it.

    Args:
        cfg: Config of the model.
        checkpoint: File or URL.
        classes: Categories of the data; compared with those in the checkpoint, if it has any.
        device: Where to compute; None: an accelerator if there is one, else the CPU.

    Raises:
        FileNotFoundError: No such file.
        ValueError: The checkpoint is of another model or of other categories.
    """
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')
    config = copy.deepcopy(cfg.model)
    if cfg.get('data_preprocessor') is not None:
        config.setdefault('data_preprocessor', copy.deepcopy(cfg.data_preprocessor))
    content = CheckpointLoader.load_checkpoint(str(checkpoint), map_location='cpu')
    _check_classes(content, classes, checkpoint)
    model = MODELS.build(config)
    _load(model, content.get('state_dict', content), checkpoint)
    return model.to(torch.device(device or get_device())).eval()


def _load(model: BaseModel, state: dict, checkpoint: str | Path) -> None:
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f'expected {checkpoint} to fit the model of the config, but got: {error}'
        ) from error
    if missing or unexpected:
        raise ValueError(
            f'expected {checkpoint} to fit the model of the config, but got {len(missing)} weights '
            f'missing from it: {missing[:_SHOWN]}, and {len(unexpected)} that the model does not '
            f'have: {unexpected[:_SHOWN]}'
        )


def _check_classes(content: dict, classes: Sequence[str] | None, checkpoint: str | Path) -> None:
    meta = (content.get('meta') or {}).get('dataset_meta') or {}
    trained = meta.get('classes')
    if classes is None or trained is None or tuple(trained) == tuple(classes):
        return
    differ = [f'{a!r} instead of {b!r}' for a, b in zip(trained, classes, strict=False) if a != b]
    detail = ', '.join(differ[:_SHOWN]) or 'the same up to there'
    raise ValueError(
        f'expected {checkpoint} to be trained on the {len(classes)} categories of the data in '
        f'their order, but got {len(trained)} categories, {detail}'
    )
