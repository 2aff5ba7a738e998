"""A multi-label model ready for inference or export: config, weights, category names."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmpretrain import get_model
from mmpretrain.models.heads import MultiLabelClsHead
from mmpretrain.registry import DATASETS
from torch import nn

from dsrb_mm.apis.preprocessing import evaluation_datasets
from dsrb_mm.engine.checkpoints.checkpoint_weights import (
    checkpoint_classes,
    load_weights,
    read_checkpoint,
)
from dsrb_mm.engine.checkpoints.stored_calibration import read_calibration
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.fileio.config_file import read_config_file
from dsrb_mm.models.backbones import FrozenBackbone
from dsrb_mm.words import load_class_names
from dsrb_mm.words.categories import check_renaming, compare_categories


def load_model(
    config: str | Path | Config,
    checkpoint: str | Path | None = None,
    device: str | torch.device | None = None,
    classes: Sequence[str] | str | Path | None = None,
) -> nn.Module:
    """Build a config's model in evaluation mode, with weights.

    Args:
        config: Config or its file.
        checkpoint: File of weights; None takes the config's ``load_from``.
        device: Where to run; None is the GPU if there is one, else the CPU.
        classes: Category names, or a file of one name a line (``'dsrb_mm::coco'`` for a shipped
            list). They may be other words for the model's categories, in the same order. None takes
            those in the checkpoint, else those of the config's test dataset.

    Returns:
        The model; MMPretrain's attributes ``_config`` and ``_dataset_meta`` hold its config and,
        where there are names, ``classes``. Its attribute ``calibration`` is the
        :class:`~dsrb_mm.calibration.Calibration` of the checkpoint, None where it has none.

    Raises:
        FileNotFoundError: A file does not exist.
        CategoryMismatchError: ``classes`` name a category at the place of another.
        ValueError: The config has no multi-label model, the weights or the number of names do not
            fit it, no checkpoint is given, or the device is not there.
    """
    cfg = config if isinstance(config, Config) else read_config_file(config)
    checkpoint = checkpoint or cfg.get('load_from')
    if checkpoint is None:
        raise ValueError('expected a checkpoint, but got none, and the config has no load_from')
    place = _find_device(device)
    content = read_checkpoint(checkpoint)
    names, origin = _find_classes(classes, content, cfg)
    trained = checkpoint_classes(content)
    if classes is not None:
        check_renaming(trained, names or (), origin)
    model = _build(cfg, trained or names)
    load_weights(model, content, checkpoint)
    model._dataset_meta = {} if names is None else dict(classes=names)
    expected = count_classes(model)
    if names is not None and expected not in (None, len(names)):
        raise ValueError(
            f'expected {expected} category names, one for each output of the model, but got '
            f'{len(names)} from {origin}'
        )
    model.calibration = read_calibration(content, checkpoint, expected)
    return model.to(place).eval()


def count_classes(model: nn.Module) -> int | None:
    """Number of categories of a model, None where its head does not tell."""
    number = getattr(model.head, 'num_classes', None)
    return number or getattr(getattr(model.head, 'fc', None), 'out_features', None)


def check_classes(model: nn.Module, classes: Sequence[str], source: str | Path) -> None:
    """Check that a model was trained on these categories, in their order.

    Args:
        model: What :func:`load_model` returned.
        classes: Categories of the data.
        source: Its checkpoint, for messages.

    Raises:
        CategoryMismatchError: It was trained on others. A model without category names is believed.
    """
    trained = model._dataset_meta.get('classes')
    if trained is not None:
        compare_categories(str(source), trained, 'the data', classes)


def forget_inputs(model: nn.Module) -> None:
    """Switch off the memory of frozen backbones: images to predict do not come twice."""
    for module in model.modules():
        if isinstance(module, FrozenBackbone):
            module.cache_bytes = 0
            module.forget()


def _find_device(device: str | torch.device | None) -> torch.device:
    if device is None:
        return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        place = torch.device(device)
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError) as error:  # PyTorch without CUDA asserts
        first = str(error).splitlines()[0]
        raise ValueError(f'expected device to be available, but got {device}: {first}') from error
    return place


def _build(cfg: Config, classes: Sequence[str] | None) -> nn.Module:
    if not isinstance(cfg.get('model'), dict) or 'type' not in cfg.model:
        raise ValueError('expected the config to have a model with a type, but got none')
    cfg = copy.deepcopy(cfg)
    complete_model(cfg, classes)
    model = get_model(cfg, pretrained=False)
    if not isinstance(getattr(model, 'head', None), MultiLabelClsHead):
        head = type(getattr(model, 'head', None)).__name__
        raise ValueError(
            f'expected the head to be a MultiLabelClsHead or derived from it, but got {head}'
        )
    forget_inputs(model)
    return model


def _find_classes(
    given: Sequence[str] | str | Path | None, checkpoint: dict[str, Any], cfg: Config
) -> tuple[tuple[str, ...] | None, str]:
    """Category names and where they come from."""
    if isinstance(given, (str, Path)):
        return tuple(load_class_names(given)), str(given)
    if given is not None:
        return tuple(str(name) for name in given), 'the argument classes'
    names = checkpoint_classes(checkpoint)
    if names:
        return names, 'the checkpoint'
    stated = _config_classes(cfg)
    return (None if stated is None else tuple(stated)), 'the test dataset of the config'


def _config_classes(cfg: Config) -> Sequence[str] | None:
    for dataset in reversed(evaluation_datasets(cfg)):
        names = dataset.get('classes') or (dataset.get('metainfo') or {}).get('classes')
        if isinstance(names, str):
            return load_class_names(names)
        kind = DATASETS.get(dataset['type']) if 'type' in dataset else None
        names = names or getattr(kind, 'METAINFO', {}).get('classes')
        if names:
            return names
    return None
