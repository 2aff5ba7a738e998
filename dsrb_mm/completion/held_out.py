"""Known labels that training did not see: what thresholds are chosen on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.config import Config

from dsrb_mm.datasets import CSVMultiLabel, PartialLabelDataset
from dsrb_mm.datasets.config_data import ConfigData, build_split, has_split
from dsrb_mm.datasets.readers.csv_cells import read_header
from dsrb_mm.datasets.wrappers import innermost_datasets

NO_HOLDOUT = 'none'
_SPLITS = ('val', 'test')


def build_held_out(
    cfg: Config, source: str, train: ConfigData, pipeline: Sequence[dict] | None, image_root: str
) -> ConfigData:
    """Build the held-out images.

    Args:
        cfg: The config.
        source: ``'val'`` or ``'test'`` (of the config), or a CSV as :class:`CSVMultiLabel` reads
            it; all its rows are taken.
        train: The training set, for its categories.
        pipeline: Without augmentation; None: that of the set, for cached features.
        image_root: Folder that the paths in a CSV are relative to.

    Raises:
        ValueError: Neither, or a config without that set, or one of other categories.
        FileNotFoundError: Annotations or images are missing.
    """
    if source in _SPLITS:
        if not has_split(cfg, source):
            raise ValueError(
                f'expected the config to have a {source}_dataloader to choose thresholds on, but '
                'got none: name a CSV of known labels (--holdout FILE.csv), or do without '
                'decisions (--holdout none)'
            )
        data = build_split(cfg, source, pipeline)
    elif Path(source).suffix == '.csv':
        if pipeline is None:
            raise ValueError(
                f'expected val or test to choose thresholds on with cached features, but got '
                f'{source}: its images have none; leave --cached-features out'
            )
        data = ConfigData.from_dataset('held-out', _read_csv(source, train, pipeline, image_root))
    else:
        raise ValueError(
            f"expected the held-out labels to be 'val', 'test', 'none' or a CSV, but got {source!r}"
        )
    if data.classes != train.classes:
        raise ValueError(
            f'expected the {data.split} set to have the {len(train.classes)} categories of the '
            f'training set in their order, but got {len(data.classes)}: {data.classes[:5]}, ...'
        )
    return data


def _read_csv(
    file: str, train: ConfigData, pipeline: Sequence[dict], image_root: str
) -> PartialLabelDataset:
    part = innermost_datasets(train.dataset)[0] if train.dataset is not None else None
    path_column = part.path_column if isinstance(part, CSVMultiLabel) else 'path'
    header = read_header(file)
    dataset = CSVMultiLabel(
        ann_file=os.path.abspath(file),
        data_prefix=dict(img_path=image_root),
        path_column=path_column,
        # Splits, and whatever else stands there: all rows are taken, and the categories only.
        ignore_columns=[name for name in header if name not in (path_column, *train.classes)],
        classes=list(train.classes),
        pipeline=list(pipeline),
    )
    return PartialLabelDataset(dataset)


def unseen_labels(held_out: ConfigData, train: ConfigData) -> tuple[np.ndarray, int]:
    """Labels of the held-out images without those that training knew of the same image.

    Returns:
        Labels, and how many known ones had to be left out.

    Shape:
        (N, C) int8 in {1, 0, -1}.

    Raises:
        ValueError: Nothing is left.
    """
    trained: dict[str, np.ndarray] = {}
    for path, known in zip(train.paths, train.labels >= 0, strict=True):
        key = os.path.realpath(path)
        trained[key] = trained[key] | known if key in trained else known
    labels = held_out.labels.copy()
    dropped = 0
    for row, path in enumerate(held_out.paths):
        known = trained.get(os.path.realpath(path))
        if known is not None:
            dropped += int((labels[row, known] >= 0).sum())
            labels[row, known] = -1
    if not (labels >= 0).any():
        raise ValueError(
            f'expected the {held_out.split} set to hold known labels that training did not know, '
            f'but got none ({dropped} are known to training, too)'
        )
    return labels, dropped
