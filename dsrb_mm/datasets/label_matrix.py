"""Labels of a whole dataset as one int8 matrix: 1 present, 0 absent, -1 unknown."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_labels(labels: np.ndarray, source: str) -> np.ndarray:
    """Check a label matrix and return it as int8.

    Args:
        labels: Label matrix.
        source: What the labels are of, for the message.

    Shape:
        (N, C).

    Raises:
        ValueError: Not 2-D, or a value outside {1, 0, -1}; the first such entry is named.
    """
    if labels.ndim != 2:
        raise ValueError(f'expected labels of {source} to be (N, C), but got shape {labels.shape}')
    wrong = ~np.isin(labels, (1, 0, -1))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f'expected labels of {source} to be 1 (present), 0 (absent) or -1 (unknown), but got '
            f'{labels[row, column]} in row {row}, category {column} '
            f'({int(wrong.sum())} such entries)'
        )
    return labels.astype(np.int8, copy=False)


def get_label_matrix(dataset: Any) -> np.ndarray:
    """Labels of any MMPretrain multi-label dataset or wrapper around one.

    Args:
        dataset: A dataset with a ``label_matrix()`` method (as those of this package have), a
            concatenation, a wrapper with a ``dataset``, or a dataset whose data infos carry
            ``gt_score`` (C,) or ``gt_label`` (indices of the present categories, the rest absent).

    Shape:
        -> (N, C) int8 in {1, 0, -1}.

    Raises:
        ValueError: A dataset without class names, or with labels outside {1, 0, -1}.
    """
    if hasattr(dataset, 'label_matrix'):
        return dataset.label_matrix()
    if hasattr(dataset, 'datasets'):
        return np.concatenate([get_label_matrix(part) for part in dataset.datasets])
    if hasattr(dataset, 'dataset'):
        # Repeating or rebalancing wrappers change how often an image is drawn, not its labels.
        return get_label_matrix(dataset.dataset)
    name = type(dataset).__name__
    classes = dataset.metainfo.get('classes')
    if not classes:
        raise ValueError(f'expected {name} to name its classes in metainfo, but got {classes!r}')
    return check_labels(_collect(dataset, len(classes)), name)


def _collect(dataset: Any, num_classes: int) -> np.ndarray:
    """Read the data infos of an MMPretrain dataset one by one, without loading images."""
    labels = np.zeros((len(dataset), num_classes), np.float32)
    for row in range(len(dataset)):
        info = dataset.get_data_info(row)
        if info.get('gt_score') is not None:
            labels[row] = info['gt_score']
        else:
            labels[row, np.asarray(info['gt_label'], dtype=np.int64).reshape(-1)] = 1
    return labels
