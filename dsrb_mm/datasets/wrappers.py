"""Walking through dataset wrappers, of datasets and of their configs.

A wrapper is a dataset with a ``dataset`` or ``datasets`` of its own: ``PartialLabelDataset``,
``ConcatDataset``, ``RepeatDataset``, ``ClassBalancedDataset``, ``KFoldDataset``, or a user's. The
*images* of a dataset are those of its innermost datasets, one after the other, each once: a wrapper
that repeats images draws them more often and makes no new ones.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset, ClassBalancedDataset, RepeatDataset
from mmpretrain.datasets import KFoldDataset
from torch.utils.data import ConcatDataset


def inner_datasets(dataset: Any) -> list[Any]:
    """Datasets that a wrapper holds directly; empty for any other dataset."""
    if isinstance(dataset, BaseDataset):
        return []
    if hasattr(dataset, 'datasets'):
        return list(dataset.datasets)
    return [dataset.dataset] if hasattr(dataset, 'dataset') else []


def walk_datasets(dataset: Any) -> Iterator[Any]:
    """The dataset and all inside it, outermost first."""
    yield dataset
    for inner in inner_datasets(dataset):
        yield from walk_datasets(inner)


def innermost_datasets(dataset: Any) -> list[Any]:
    """Datasets that read annotations, in the order of their images."""
    return [found for found in walk_datasets(dataset) if not inner_datasets(found)]


def image_rows(dataset: Any) -> Sequence[int] | np.ndarray:
    """Which image every sample of a dataset is, as a row of ``get_label_matrix(dataset)``.

    Without a wrapper that repeats images, sample i is image i.

    Raises:
        TypeError: A wrapper whose samples cannot be traced back to images.
    """
    inner = inner_datasets(dataset)
    if not inner:
        return range(len(dataset))
    rows = [image_rows(part) for part in inner]
    if isinstance(dataset, ConcatDataset):
        starts = np.cumsum([0, *map(num_images, inner[:-1])])
        return np.concatenate([np.add(r, start) for r, start in zip(rows, starts, strict=True)])
    if isinstance(dataset, RepeatDataset):
        return np.tile(rows[0], dataset.times)
    if isinstance(dataset, ClassBalancedDataset):
        return np.asarray(rows[0])[dataset.repeat_indices]
    # A dataset with a label matrix beside its wrapped one: PartialLabelDataset.
    if isinstance(dataset, KFoldDataset) or hasattr(dataset, 'label_matrix'):
        return rows[0]
    raise TypeError(
        'expected wrappers of datasets to be ConcatDataset, RepeatDataset, ClassBalancedDataset, '
        f'KFoldDataset or PartialLabelDataset, but got {type(dataset).__name__}'
    )


def num_images(dataset: Any) -> int:
    """Number of images of a dataset, each counted once."""
    return sum(map(len, innermost_datasets(dataset)))


def inner_configs(config: Mapping) -> list[Any]:
    """Configs that the config of a wrapper holds directly; empty for that of any other dataset."""
    found: list[Any] = []
    for key in ('dataset', 'datasets'):
        value = config.get(key)
        items = value if isinstance(value, (list, tuple)) else [value]
        found += [item for item in items if isinstance(item, Mapping)]
    return found


def walk_configs(config: Mapping) -> Iterator[Any]:
    """The config of a dataset and all inside it, outermost first."""
    yield config
    for inner in inner_configs(config):
        yield from walk_configs(inner)


def innermost_configs(config: Mapping) -> list[Any]:
    """Configs of the datasets that read annotations."""
    return [found for found in walk_configs(config) if not inner_configs(found)]


def change_innermost(config: Mapping, change: Callable[[dict], None]) -> Any:
    """Copy the config of a dataset and change those of its innermost datasets.

    Args:
        config: Config of a dataset.
        change: Called with each of them, to change it in place.
    """
    changed = copy.deepcopy(config)
    for inner in innermost_configs(changed):
        change(inner)
    return changed
