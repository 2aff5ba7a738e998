"""The CSV that training reads, written again with its gaps filled and everything else as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from dsrb_mm.datasets import CSVMultiLabel
from dsrb_mm.datasets.config_data import ConfigData
from dsrb_mm.datasets.readers.csv_cells import parse_label, read_rows, rectangular_rows
from dsrb_mm.datasets.wrappers import innermost_datasets
from dsrb_mm.fileio.atomic import open_atomically
from dsrb_mm.fileio.csv_rows import row_writer

_TEXT = {-1: '', 0: '0', 1: '1'}


class SourceCSV:
    """The file of a training set that is read from one CSV.

    Args:
        data: The training set; :meth:`can_read` says whether it is such a one.

    Raises:
        ValueError: The file is no longer what the set was read from.

    Example:
        >>> source = SourceCSV(train)
        >>> source.write('completed.csv', labels)
    """

    def __init__(self, data: ConfigData) -> None:
        self.part: CSVMultiLabel = innermost_datasets(data.dataset)[0]
        self.path = Path(self.part.ann_file)
        _, self.header = next(read_rows(self.path), (0, []))
        places = {name.strip(): at for at, name in enumerate(self.header)}
        self._check(all(name in places for name in data.classes))
        self._columns = [places[name] for name in data.classes]
        self._path_at = places[self.part.path_column]
        split = self.part.split_column
        self._split_at = None if split is None else places[split]
        # Row of the file among those of its split -> row of the labels.
        self._labels_at = {int(row): at for at, row in enumerate(self.part.annotation_rows())}

    @staticmethod
    def can_read(data: ConfigData) -> bool:
        """Whether a set is read from one CSV, and no other file."""
        parts = innermost_datasets(data.dataset)
        return len(parts) == 1 and isinstance(parts[0], CSVMultiLabel)

    @property
    def image_root(self) -> str:
        """Folder that the file's paths are relative to."""
        return self.part.data_prefix.get('img_path') or '.'

    def unread(self) -> tuple[list[str], np.ndarray]:
        """Images and labels of the rows that the set does not read; what is not a label is unknown.

        Shape:
            Paths (M), labels (M, C).
        """
        paths, labels = [], []
        for row, at in self._rows():
            if at is None:
                paths.append(self.part.image_path(row[self._path_at]))
                cells = [parse_label(row[column]) for column in self._columns]
                labels.append([-1 if cell is None else cell for cell in cells])
        return paths, np.array(labels, np.int8).reshape(-1, len(self._columns))

    def write(
        self,
        path: str | Path,
        labels: np.ndarray,
        rename: Callable[[Sequence[str]], Sequence[str]] | None = None,
    ) -> None:
        """Write the file with other labels in the rows of the set, in one step.

        Rows, columns and their order stay, and so does every cell whose label is the same.

        Args:
            path: File to write; its folder is made.
            labels: Labels of the set.
            rename: Gives the paths to write for image files; None: as they are in the file.

        Shape:
            labels (N, C) in {1, 0, -1}.
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_atomically(path, newline='') as file:
            write = row_writer(file)
            write(self.header)
            for row, at in self._rows():
                if at is not None:
                    for column, label in zip(self._columns, labels[at].tolist(), strict=True):
                        if parse_label(row[column]) != label:
                            row[column] = _TEXT[label]
                if rename is not None:
                    (row[self._path_at],) = rename([self.part.image_path(row[self._path_at])])
                write(row)

    def _rows(self) -> Iterator[tuple[list[str], int | None]]:
        """Rows of the file, with the row of the labels that belongs to each, if one does."""
        rows = read_rows(self.path)
        next(rows, None)
        count = 0
        for _, row in rectangular_rows(self.path, rows, len(self.header)):
            at = None
            if self._split_at is None or row[self._split_at].strip() == self.part.split:
                at = self._labels_at.get(count)
                count += 1
            yield row, at
        self._check(count > max(self._labels_at, default=-1))

    def _check(self, same: bool) -> None:
        if not same:
            raise ValueError(f'expected {self.path} to stay as it is while it is read')
