"""Labels of a whole dataset as one int8 matrix: 1 present, 0 absent, -1 unknown."""

from __future__ import annotations

from collections.abc import Iterator
from reprlib import repr as short_repr
from typing import Any

import numpy as np

from dsrb_mm.datasets.wrappers import inner_datasets

_ENTRIES = 2**22  # looked at in one go


def row_blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of rows that together are all, each of a few million entries at most.

    Whatever is computed from a label matrix takes more bytes an entry than the matrix itself: in
    blocks it does not count.
    """
    step = max(1, _ENTRIES // max(1, shape[1]))
    for start in range(0, shape[0], step):
        yield slice(start, start + step)


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
    wrong = np.concatenate(
        [
            np.argwhere(~np.isin(labels[rows], (1, 0, -1))) + (rows.start, 0)
            for rows in row_blocks(labels.shape)
        ]
        or [np.empty((0, 2), int)]
    )
    if len(wrong):
        row, column = wrong[0]
        raise ValueError(
            f'expected labels of {source} to be 1 (present), 0 (absent) or -1 (unknown), but got '
            f'{labels[row, column]} in row {row}, category {column} ({len(wrong)} such entries)'
        )
    return labels.astype(np.int8, copy=False)


def get_label_matrix(dataset: Any) -> np.ndarray:
    """Labels of any MMPretrain multi-label dataset or wrapper around one, one row per image.

    Wrappers that repeat or rebalance change how often an image is drawn, not its labels: their
    matrix is that of the dataset inside. ``image_rows`` gives the row of every sample.

    Args:
        dataset: A dataset with a ``label_matrix()`` method (as those of this package have), a
            concatenation, a wrapper with a ``dataset``, or a dataset whose data infos carry
            ``gt_score`` (C,) or ``gt_label`` (indices of the present categories, the rest absent).

    Shape:
        -> (N, C) int8 in {1, 0, -1}, N the number of images.

    Raises:
        ValueError: A dataset without class names, or with labels outside {1, 0, -1}.
    """
    if hasattr(dataset, 'label_matrix'):
        return dataset.label_matrix()
    inner = inner_datasets(dataset)
    if inner:
        matrices = [get_label_matrix(part) for part in inner]
        return matrices[0] if len(matrices) == 1 else np.concatenate(matrices)
    name = type(dataset).__name__
    classes = dataset.metainfo.get('classes')
    if not classes:
        raise ValueError(f'expected {name} to name its classes in metainfo, but got {classes!r}')
    return check_labels(_collect(dataset, len(classes)), name)


def get_indexed_label_matrix(dataset: Any) -> np.ndarray:
    """Labels of a dataset whose samples name their row as ``sample_idx``.

    For whatever keeps something per image during training. :class:`PartialLabelDataset` numbers
    the images inside it, however they are concatenated or repeated there, and wrappers that repeat
    may stand around it.

    Args:
        dataset: As for :func:`get_label_matrix`.

    Shape:
        -> (N, C) int8 in {1, 0, -1}; row ``sample_idx`` holds the labels of a sample.

    Raises:
        ValueError: Several datasets are concatenated outside, where each counts from 0.
    """
    outer = dataset
    while not hasattr(outer, 'label_matrix'):
        inner = inner_datasets(outer)
        if len(inner) > 1:
            raise ValueError(
                'expected the datasets of a concatenation to stand inside one PartialLabelDataset, '
                f'which numbers their images, but got {len(inner)} datasets in a '
                f'{type(outer).__name__} outside: use dict(type="PartialLabelDataset", '
                'dataset=dict(type="ConcatDataset", datasets=[...]))'
            )
        if not inner:
            break
        outer = inner[0]
    return get_label_matrix(dataset)


def _collect(dataset: Any, num_classes: int) -> np.ndarray:
    """Read the data infos of an MMPretrain dataset one by one, without loading images."""
    name = type(dataset).__name__
    labels = np.zeros((len(dataset), num_classes), np.int8)
    for row in range(len(dataset)):
        info = dataset.get_data_info(row)
        score = info.get('gt_score')
        if score is not None:
            score = np.asarray(score)
            if score.shape != (num_classes,) or score.dtype.kind not in 'biuf':
                raise ValueError(
                    f'expected gt_score of {name} to be {num_classes} numbers, one a category, but '
                    f'got {short_repr(info["gt_score"])} in row {row}'
                )
            try:
                labels[row] = check_labels(score[None], name)[0]
            except ValueError as error:
                raise ValueError(str(error).replace('in row 0', f'in row {row}')) from error
            continue
        present = np.asarray(info.get('gt_label', 'none'))
        if present.size == 0:
            continue
        if present.dtype.kind not in 'iu' or not 0 <= present.min() <= present.max() < num_classes:
            raise ValueError(
                f'expected gt_label of {name} to be indices of {num_classes} categories, but got '
                f'{short_repr(info.get("gt_label"))} in row {row}'
            )
        labels[row, present.reshape(-1)] = 1
    return labels
