"""Multi-label data from a CSV of half-filled labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from mmpretrain.registry import DATASETS

from .label_matrix_dataset import LabelMatrixDataset

_SHOWN = 5  # how many culprits a message names


@DATASETS.register_module()
class CSVMultiLabel(LabelMatrixDataset):
    """One row an image: path, and a category a column: 1 (present), 0 (absent), nothing (unknown).

    Example::

        path,split,dog,cat,grass
        img/1.jpg,train,1,,0
        img/2.jpg,val,0,1,

    Args:
        ann_file: The CSV, relative to ``data_root``.
        data_root: Root of CSV and images.
        data_prefix: ``dict(img_path=...)``, folder that the paths are relative to.
        path_column: Column of the image path.
        split_column: Column that names the split of a row; None where files are separate.
        split: The split to read; needs ``split_column``.
        ignore_columns: Further columns that are no categories.
        check_images: Whether to look for every image file at construction.
        classes: The categories, in order. Columns that are none of the above are then an error;
            without it, every other column is a category.
        **kwargs: See :class:`mmpretrain.datasets.MultiLabelDataset`.

    Raises:
        FileNotFoundError: The CSV or images of it are missing (the first few are named).
        ValueError: Missing, unknown or repeated columns, an unknown split, or a value other than
            1, 0 or nothing; file, column and row are named.
    """

    def __init__(
        self,
        ann_file: str,
        path_column: str = 'path',
        split_column: str | None = None,
        split: str | None = None,
        ignore_columns: tuple[str, ...] = (),
        check_images: bool = True,
        **kwargs,
    ) -> None:
        if (split is None) != (split_column is None):
            raise ValueError(
                'expected split and split_column to be given together, but got '
                f'split={split!r}, split_column={split_column!r}'
            )
        self.path_column = path_column
        self.split_column = split_column
        self.split = split
        self.ignore_columns = tuple(ignore_columns)
        self.check_images = check_images
        super().__init__(ann_file=ann_file, **kwargs)

    def load_annotations(self) -> tuple[list[str], np.ndarray, list[str]]:
        """Read the CSV; see the base class."""
        if not Path(self.ann_file).is_file():
            raise FileNotFoundError(f'no such CSV: {self.ann_file}')
        table = self._read_cells()
        classes = self._category_columns(list(table.columns))
        if self.split_column is not None:
            present = sorted(table[self.split_column].unique())
            if self.split not in present:
                raise ValueError(
                    f'expected split to be one of {present} in column {self.split_column!r} of '
                    f'{self.ann_file}, but got {self.split!r}'
                )
            table = table[table[self.split_column] == self.split]
        names = table[self.path_column].tolist()
        self._check_paths(table[self.path_column])
        return names, self._parse(table, classes), classes

    def _read_cells(self) -> pd.DataFrame:
        """All rows below the header, as text."""
        try:
            # With the header for a row, pandas refuses rows that are longer.
            cells = pd.read_csv(self.ann_file, header=None, dtype=str, keep_default_na=False)
        except ValueError as error:
            raise ValueError(f'{self.ann_file} cannot be read as CSV: {error}') from error
        columns = cells.iloc[0].tolist()
        repeated = sorted({name for name in columns if columns.count(name) > 1})
        if repeated:
            raise ValueError(f'{self.ann_file}: columns named more than once: {repeated}')
        for name in (self.path_column, self.split_column):
            if name is not None and name not in columns:
                raise ValueError(
                    f'expected {self.ann_file} to have a column {name!r}, but got {columns}'
                )
        return cells.iloc[1:].set_axis(columns, axis=1).reset_index(drop=True)

    def _category_columns(self, columns: list[str]) -> list[str]:
        reserved = {self.path_column, self.split_column, *self.ignore_columns}
        found = [name for name in columns if name not in reserved]
        given = self._metainfo.get('classes')
        if given is None:
            if not found:
                raise ValueError(f'{self.ann_file} has no category columns, only {columns}')
            return found
        unknown = [name for name in found if name not in given]
        missing = [name for name in given if name not in found]
        if unknown or missing:
            raise ValueError(
                f'expected the category columns of {self.ann_file} to be the classes, but got '
                f'unknown columns {unknown[:_SHOWN]} and missing columns {missing[:_SHOWN]}; '
                'columns that are no categories go into ignore_columns'
            )
        return list(given)

    def _check_paths(self, paths: pd.Series) -> None:
        empty = paths.str.strip() == ''
        if empty.any():
            rows = [int(i) + 2 for i in empty[empty].index[:_SHOWN]]
            raise ValueError(f'{self.ann_file}: empty image path in line {rows}')
        self.check_names(paths)  # before any of them is looked for
        if self.check_images:
            missing = [name for name in paths if not Path(self.image_path(name)).is_file()]
            if missing:
                raise FileNotFoundError(
                    f'{len(missing)} of {len(paths)} images of {self.ann_file} not found: '
                    f'{[self.image_path(name) for name in missing[:_SHOWN]]}'
                )

    def _parse(self, table: pd.DataFrame, classes: list[str]) -> np.ndarray:
        labels = np.empty((len(table), len(classes)), np.int8)
        for column, name in enumerate(classes):
            text = table[name].str.strip()
            value = pd.to_numeric(text.where(text != '', '-1'), errors='coerce')
            # An explicit -1 is the unknown of MMPretrain's code and welcome.
            wrong = ~value.isin((1, 0, -1))
            if wrong.any():
                row = wrong[wrong].index[0]
                raise ValueError(
                    f'expected {self.ann_file} to hold 1, 0 or nothing (unknown), but got '
                    f'{table[name][row]!r} in line {int(row) + 2}, column {name!r}'
                )
            labels[:, column] = value
        return labels
