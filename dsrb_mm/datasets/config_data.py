"""The data sets of a config, for tools that look at data without training."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS
from torch.utils.data import Subset

from dsrb_mm.datasets.label_matrix import get_label_matrix
from dsrb_mm.datasets.wrappers import (
    change_innermost,
    image_rows,
    innermost_configs,
    innermost_datasets,
    walk_configs,
)

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
        dataset: The data set with its wrappers.
    """

    split: str
    samples: Any
    paths: list[str]
    labels: np.ndarray
    truth: np.ndarray
    classes: tuple[str, ...]
    dataset: Any

    @classmethod
    def from_dataset(cls, split: str, dataset: Any) -> ConfigData:
        """Take the images and labels out of a dataset and the wrappers around it."""
        innermost = innermost_datasets(dataset)
        _, first = np.unique(image_rows(dataset), return_index=True)
        return cls(
            split=split,
            samples=Subset(dataset, first.tolist()),
            paths=image_paths(dataset),
            labels=get_label_matrix(dataset),
            truth=np.concatenate([get_label_matrix(part) for part in innermost]),
            classes=tuple(dataset.metainfo['classes']),
            dataset=dataset,
        )


def image_paths(dataset: Any) -> list[str]:
    """Image files of a dataset, each once, in the order of ``get_label_matrix``."""
    return [
        str(part.get_data_info(i)['img_path'])
        for part in innermost_datasets(dataset)
        for i in range(len(part))
    ]


def has_split(cfg: Config, split: str) -> bool:
    """Whether the config has a data loader for a split."""
    return bool(cfg.get(f'{split}_dataloader'))


def innermost_of_splits(cfg: Config, splits: Sequence[str] = SPLITS) -> Iterator[tuple[str, dict]]:
    """Configs of the data sets that read annotations, with the split they belong to."""
    for split in splits:
        if has_split(cfg, split):
            for dataset in innermost_configs(cfg[f'{split}_dataloader']['dataset']):
                yield split, dataset


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
        steps = list(pipeline)
        config = change_innermost(config, lambda inner: inner.update(pipeline=copy.deepcopy(steps)))
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


def _find_pipeline(config: Any) -> list[dict] | None:
    found = (level['pipeline'] for level in walk_configs(config) if level.get('pipeline'))
    return list(next(found, ())) or None
