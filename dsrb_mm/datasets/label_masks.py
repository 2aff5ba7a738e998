"""Which labels of a complete label matrix are known: the partial-label protocols."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from dsrb_mm.arguments import check_int, check_number
from dsrb_mm.datasets.label_matrix import row_blocks
from dsrb_mm.datasets.readers.csv_labels import read_code_table
from dsrb_mm.fileio.annotation_files import read_array


def proportion_mask(shape: tuple[int, int], known_proportion: float, seed: int = 0) -> np.ndarray:
    """Keep each label with probability p: the masks of all published numbers.

    ``numpy.random.seed(seed); numpy.random.random((N, C)) < p`` on the whole training matrix,
    positives and negatives alike. Published with seed 0.

    Args:
        shape: (N, C).
        known_proportion: p in (0, 1].
        seed: Seed of NumPy's legacy generator.

    Shape:
        -> (N, C) bool, True where known.

    Raises:
        ValueError: ``known_proportion`` outside (0, 1].
    """
    check_number('known_proportion', known_proportion)
    if not 0 < known_proportion <= 1:
        raise ValueError(
            f'expected known_proportion to lie in (0, 1], but got {known_proportion!r}'
        )
    rng = np.random.RandomState(check_int('seed', seed, 0, 2**32 - 1))
    mask = np.empty(shape, bool)
    # The same numbers as in one piece, without 8 bytes a label at a time.
    for rows in row_blocks(shape):
        mask[rows] = rng.random_sample(mask[rows].shape) < known_proportion
    return mask


def per_category_mask(shape: tuple[int, int], num_known: int, seed: int = 0) -> np.ndarray:
    """Keep a fixed number of labels of each category, drawn from all images alike.

    Shape:
        -> (N, C) bool, exactly ``num_known`` True in each column.

    Raises:
        ValueError: ``num_known`` below 1 or above the number of images.
    """
    num_images = shape[0]
    check_int('known_per_category', num_known, -(2**63))
    if not 1 <= num_known <= num_images:
        raise ValueError(
            f'expected known_per_category to lie in [1, {num_images}] (the number of images), '
            f'but got {num_known!r}'
        )
    rng = np.random.default_rng(check_int('seed', seed))
    mask = np.zeros(shape, bool)
    for column in range(shape[1]):
        mask[rng.choice(num_images, num_known, replace=False), column] = True
    return mask


def single_positive_mask(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Keep one present category of each image, drawn uniformly; all else becomes unknown.

    An image without a present category keeps nothing.

    Shape:
        labels (N, C) in {1, 0, -1} -> (N, C) bool, at most one True in a row.
    """
    rng = np.random.default_rng(check_int('seed', seed))
    mask = np.zeros(labels.shape, bool)
    for rows in row_blocks(labels.shape):
        present = labels[rows] == 1
        drawn = np.where(present, rng.random(present.shape), -1).argmax(1)
        some = np.flatnonzero(present.any(1))
        mask[rows][some, drawn[some]] = True
    return mask


def file_mask(path: str | Path, labels: np.ndarray) -> np.ndarray:
    """Read the known labels from a file in the published code: 1 present, -1 absent, 0 unknown.

    Args:
        path: ``.csv`` of N rows without a header, or ``.npy``.
        labels: The dataset's labels in this package's code, which the file must agree with.

    Shape:
        labels (N, C) in {1, 0, -1} -> (N, C) bool.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Wrong shape or values, or a known label that contradicts the dataset's.
    """
    path = Path(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f'no such file of partial labels (label_file): {path}')
    published = read_array(path) if path.suffix == '.npy' else read_code_table(path)
    if published.shape != labels.shape:
        raise ValueError(
            f'expected {path} to hold labels of shape {labels.shape}, but got {published.shape}'
        )
    if not np.isin(published, (1, 0, -1)).all():
        raise ValueError(f'expected {path} to hold 1, -1 and 0 (unknown), but got other values')
    known = published != 0
    clash = known & (labels >= 0) & ((published == 1) != (labels == 1))
    if clash.any():
        row, column = np.argwhere(clash)[0]
        raise ValueError(
            f'expected {path} to agree with the labels of the dataset, but got '
            f'{published[row, column]:g} in row {row}, column {column}, where the dataset says '
            f'{labels[row, column]} ({int(clash.sum())} such entries): are the images in the same '
            'order?'
        )
    return known
