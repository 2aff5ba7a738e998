"""The data sets of a config, for tools that look at data without training."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS
from torch.utils.data import ConcatDataset

from dsrb_mm.datasets import PartialLabelDataset, get_label_matrix
from dsrb_mm.datasets.data_report import image_paths

SPLITS = ('train', 'val', 'test')


@dataclass(frozen=True)
class ConfigData:
    """One data set of a config, every image once.

    Attributes:
        split: ``'train'``, ``'val'`` or ``'test'``, or what else the set is called.
        samples: Gives the sample of image i after the pipeline.
        paths: Image files (N).
        labels: Labels as training sees them, (N, C) in {1, 0, -1}.
        truth: Labels before any were hidden by :class:`PartialLabelDataset`, (N, C) likewise.
        classes: Category names (C).
        parts: The data sets inside wrappers that only repeat or concatenate.
    """

    split: str
    samples: Any
    paths: list[str]
    labels: np.ndarray
    truth: np.ndarray
    classes: tuple[str, ...]
    parts: tuple[Any, ...]

    @classmethod
    def from_dataset(cls, split: str, dataset: Any) -> ConfigData:
        """Take the images and labels out of a dataset and the wrappers around it."""
        parts = _parts(dataset)
        return cls(
            split=split,
            samples=ConcatDataset(parts),
            paths=[path for part in parts for path in image_paths(part)],
            labels=np.concatenate([get_label_matrix(part) for part in parts]),
            truth=np.concatenate([get_label_matrix(_complete(part)) for part in parts]),
            classes=tuple(dataset.metainfo['classes']),
            parts=tuple(parts),
        )


def has_split(cfg: Config, split: str) -> bool:
    """Whether the config has a data loader for a split."""
    return bool(cfg.get(f'{split}_dataloader'))


def build_split(cfg: Config, split: str, pipeline: Sequence[dict] | None = None) -> ConfigData:
    """Build one data set of a config.

    Args:
        cfg: The config.
        split: ``'train'``, ``'val'`` or ``'test'``.
        pipeline: Takes the place of the config's own pipeline.

    Raises:
        ValueError: Another split, or the config has no such data loader.
        FileNotFoundError: Annotations or images are missing.
    """
    if split not in SPLITS:
        raise ValueError(f'expected split to be one of {SPLITS}, but got {split!r}')
    if not has_split(cfg, split):
        raise ValueError(f'expected the config to have a {split}_dataloader, but got none')
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')
    config = copy.deepcopy(cfg[f'{split}_dataloader']['dataset'])
    if pipeline is not None:
        config = _with_pipeline(config, list(pipeline))
    return ConfigData.from_dataset(split, DATASETS.build(config))


def test_pipeline(cfg: Config) -> list[dict]:
    """The pipeline without augmentation: that of the config's test or validation set.

    Raises:
        ValueError: The config has neither set, nor a ``test_pipeline``.
    """
    for split in ('test', 'val'):
        if has_split(cfg, split):
            found = _find_pipeline(cfg[f'{split}_dataloader']['dataset'])
            if found is not None:
                return copy.deepcopy(found)
    if cfg.get('test_pipeline'):
        return copy.deepcopy(list(cfg.test_pipeline))
    raise ValueError(
        'expected the config to have a pipeline without augmentation, of its test_dataloader or '
        'val_dataloader or as test_pipeline, but got none of them'
    )


# pytest would take the name for a test's.
test_pipeline.__test__ = False  # type: ignore[attr-defined]


def loader_settings(cfg: Config) -> dict:
    """Settings of a data loader that passes once over a set, in order, in this process's group."""
    for split in ('test', 'val', 'train'):
        if has_split(cfg, split):
            settings = dict(copy.deepcopy(cfg[f'{split}_dataloader']))
            break
    else:
        raise ValueError('expected the config to have a data loader, but got none')
    settings.pop('dataset')
    settings.pop('batch_sampler', None)
    settings.update(
        sampler=dict(type='DefaultSampler', shuffle=False),
        drop_last=False,
        persistent_workers=False,
    )
    return settings


def _parts(dataset: Any) -> list[Any]:
    """Data sets whose length is that of their label matrix."""
    if hasattr(dataset, 'label_matrix'):
        return [dataset]
    if hasattr(dataset, 'datasets'):
        return [part for inner in dataset.datasets for part in _parts(inner)]
    return _parts(dataset.dataset) if hasattr(dataset, 'dataset') else [dataset]


def _complete(part: Any) -> Any:
    return part.dataset if isinstance(part, PartialLabelDataset) else part


def _with_pipeline(config: Any, pipeline: list[dict]) -> Any:
    """The dataset config with the pipeline of its innermost datasets replaced."""
    inner = [key for key in ('dataset', 'datasets') if key in config]
    if not inner:
        return {**config, 'pipeline': copy.deepcopy(pipeline)}
    changed = dict(config)
    for key in inner:
        value = config[key]
        changed[key] = (
            [_with_pipeline(item, pipeline) for item in value]
            if isinstance(value, (list, tuple))
            else _with_pipeline(value, pipeline)
        )
    return changed


def _find_pipeline(config: Any) -> list[dict] | None:
    if config.get('pipeline'):
        return list(config['pipeline'])
    for key in ('dataset', 'datasets'):
        inner = config.get(key)
        if inner:
            return _find_pipeline(inner[0] if isinstance(inner, (list, tuple)) else inner)
    return None
