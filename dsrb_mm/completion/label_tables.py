"""Completed labels and scores as the tables that the CSV data set reads."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dsrb_mm.datasets.config_data import ConfigData
from dsrb_mm.datasets.wrappers import innermost_datasets
from dsrb_mm.fileio.atomic import open_atomically

_TEXT = np.array(['', '0', '1'], object)  # by label + 1
_COLUMNS = ('path', 'split')


def find_image_root(sets: Sequence[ConfigData]) -> str:
    """The folder that image paths are best given relative to: the sets' common image folder.

    For a CSV it is the image folder of its config, so paths come out as they went in; for sets with
    a folder each it is the folder above.
    """
    folders: set[str] = set()
    for data in sets:
        used = {os.path.dirname(os.path.abspath(path)) for path in data.paths}
        prefixes = {
            os.path.abspath(prefix)
            for prefix in map(_prefix, innermost_datasets(data.dataset))
            if prefix
        }
        inside = prefixes and all(any(_is_in(path, p) for p in prefixes) for path in used)
        folders |= prefixes if inside else used
    return os.path.commonpath(sorted(folders))


def relative_paths(paths: Sequence[str], image_root: str) -> list[str]:
    """Image paths relative to a folder, with forward slashes."""
    root = os.path.abspath(image_root)
    return [Path(os.path.relpath(os.path.abspath(path), root)).as_posix() for path in paths]


def check_image_root(paths: Iterable[str], image_root: str) -> None:
    """Check that images lie below the folder that their paths shall be relative to.

    Raises:
        ValueError: One does not; our reader would refuse its path.
    """
    root = os.path.abspath(image_root)
    for path in paths:
        if not _is_in(os.path.abspath(path), root):
            raise ValueError(
                f'expected all images to be below the image root {root}, but got {path}'
            )


def label_table(
    split: str,
    paths: Sequence[str],
    labels: NDArray,
    classes: Sequence[str],
) -> pd.DataFrame:
    """Rows of a CSV of half-filled labels: path, split, and 1, 0 or nothing for each category.

    Args:
        split: What to write into the split column.
        paths: Image paths (N).
        labels: Labels.
        classes: Category names (C).

    Shape:
        labels (N, C) in {1, 0, -1}.

    Raises:
        ValueError: Category names that such a CSV cannot have.
    """
    return _table(split, paths, _TEXT[labels.astype(np.int64) + 1], classes)


def score_table(
    split: str,
    paths: Sequence[str],
    scores: NDArray,
    classes: Sequence[str],
) -> pd.DataFrame:
    """The same rows and columns, with the score of every category."""
    return _table(split, paths, scores, classes)


def _table(
    split: str,
    paths: Sequence[str],
    cells: NDArray,
    classes: Sequence[str],
) -> pd.DataFrame:
    check_category_names(classes)
    table = pd.DataFrame(cells, columns=list(classes))
    table.insert(0, _COLUMNS[1], split)
    table.insert(0, _COLUMNS[0], list(paths))
    return table


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a CSV in one step: a reader, or a kill, never meets half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(path, newline='') as file:
        table.to_csv(file, index=False, float_format='%.9g')


def check_category_names(classes: Sequence[str]) -> None:
    """Check that categories can be columns beside path and split.

    Raises:
        ValueError: They cannot.
    """
    repeated = sorted({name for name in classes if list(classes).count(name) > 1})
    reserved = [name for name in classes if name in _COLUMNS]
    if repeated or reserved:
        raise ValueError(
            'expected category names that differ from each other and from the columns path and '
            f'split, but got repeated {repeated} and reserved {reserved}'
        )


def _prefix(part: Any) -> str | None:
    prefix = getattr(part, 'data_prefix', None)
    return prefix.get('img_path') if isinstance(prefix, dict) else None


def _is_in(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder
