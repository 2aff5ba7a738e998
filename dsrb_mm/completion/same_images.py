"""Images that stand in several rows or sets: what one row knows, all rows know."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from dsrb_mm.datasets.config_data import ConfigData
from dsrb_mm.datasets.data_checks import contradictions, real_paths, repeated_names


def merge_repeated(data: ConfigData) -> ConfigData:
    """Give all rows of an image what any of them knows; images are compared by resolved path.

    Args:
        data: A set of images.

    Raises:
        ValueError: Two rows of an image contradict each other.
    """
    repeated = repeated_names(real_paths(data.paths))
    clashes = contradictions(repeated, data.labels)
    if clashes:
        clash = clashes[0]
        raise ValueError(
            f'expected the labels of the {data.split} set to agree, but got {len(clashes)} images '
            f'that contradict themselves: {clash.name} has {data.classes[clash.category]!r} '
            f'present as image {clash.present_row}, and absent as image {clash.absent_row}'
        )
    if not repeated:
        return data
    labels = data.labels.copy()
    for rows in repeated.values():
        labels[rows] = labels[rows].max(0)  # 1, else 0, else -1: they do not contradict
    return dataclasses.replace(data, labels=labels)


def share_scores(scores: np.ndarray, paths: Iterable[str]) -> np.ndarray:
    """Give all rows of an image the scores of its first row.

    Scores of one image differ in the last digit from batch to batch; decisions on it must not.

    Shape:
        scores (N, C) -> (N, C).
    """
    shared = scores.copy()
    for rows in repeated_names(real_paths(paths)).values():
        shared[rows] = scores[rows[0]]
    return shared


def known_elsewhere(
    train: ConfigData, others: Iterable[tuple[Sequence[str], np.ndarray]]
) -> np.ndarray:
    """Labels of training images that other sets know.

    Args:
        train: The training set.
        others: Paths and labels (M, C) of each of the others.

    Returns:
        True where a label is known in a row of the same image in one of ``others``.

    Shape:
        -> (N, C) bool.
    """
    rows: dict[str, list[int]] = {}
    for row, path in enumerate(real_paths(train.paths)):
        rows.setdefault(path, []).append(row)
    known = np.zeros(train.labels.shape, bool)
    for paths, labels in others:
        for path, own in zip(real_paths(paths), labels, strict=True):
            if path in rows:
                known[rows[path]] |= own >= 0
    return known
