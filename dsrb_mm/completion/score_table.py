"""Scores that were computed before: a CSV of paths and categories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dsrb_mm.arguments import read_probability
from dsrb_mm.datasets.config_data import ConfigData
from dsrb_mm.datasets.data_checks import real_paths
from dsrb_mm.datasets.readers.csv_cells import read_body, read_header
from dsrb_mm.datasets.readers.image_names import join_name

_PATH = 'path'


class ScoreTable:
    """Scores of images in a CSV: a column ``path`` and one per category; others are ignored.

    ``tools/complete_labels.py --scores-out`` writes such a file, and so does ``tools/infer.py``.

    Args:
        path: The CSV.
        classes: Category names (C).
        image_root: Folder that its paths are relative to.

    Raises:
        FileNotFoundError: No such file.
        ValueError: A column is missing, or a score is not a number from 0 to 1; file, line and
            column are named.

    Example:
        >>> ScoreTable('scores.csv', train.classes, 'data/csv/images').scores_of(train)
    """

    def __init__(self, path: str | Path, classes: Sequence[str], image_root: str) -> None:
        self.path = path
        header = read_header(path)
        missing = [name for name in (_PATH, *classes) if name not in header]
        if missing:
            raise ValueError(
                f'expected {path} to have a column of scores for every category, but '
                f'{missing[:5]} are missing'
            )
        columns = [header.index(name) for name in classes]
        path_at = header.index(_PATH)
        names, scores = [], []
        for line, row in read_body(path, len(header)):
            names.append(join_name(image_root, row[path_at]))
            scores.append([self._score(row[at], line, header[at]) for at in columns])
        self._scores = np.array(scores, np.float32).reshape(-1, len(columns))
        self._rows = {name: row for row, name in enumerate(real_paths(names))}

    def scores_of(self, data: ConfigData) -> np.ndarray:
        """Scores of a set of images, (N, C) float32.

        Raises:
            ValueError: The file lacks one of them.
        """
        found = [self._rows.get(path) for path in real_paths(data.paths)]
        missing = [path for path, row in zip(data.paths, found, strict=True) if row is None]
        if missing:
            raise ValueError(
                f'expected {self.path} to hold scores of all {len(data.paths)} {data.split} '
                f'images, but got none of {len(missing)}: {missing[:3]}'
            )
        return self._scores[np.array(found, int)]

    def _score(self, text: str, line: int, column: str) -> float:
        score = read_probability(text)
        if score is None:
            raise ValueError(
                f'expected scores in {self.path} to be numbers from 0 to 1, but got {text[:80]!r} '
                f'in line {line}, column {column!r}'
            )
        return score
