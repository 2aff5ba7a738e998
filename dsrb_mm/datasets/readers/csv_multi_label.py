"""Multi-label data from a CSV of half-filled labels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmpretrain.registry import DATASETS

from dsrb_mm.arguments import check_flag, check_text
from dsrb_mm.datasets.readers.csv_labels import CSVColumns, read_label_table
from dsrb_mm.datasets.readers.label_matrix_dataset import LabelMatrixDataset

_SHOWN = 5  # how many culprits a message names


@DATASETS.register_module()
class CSVMultiLabel(LabelMatrixDataset):
    """One row per image: its path, and one column per category with 1, 0 or nothing.

    1 is present, 0 absent; nothing and -1 are both unknown.

    Example::

        path,split,dog,cat,grass
        img/1.jpg,train,1,,0
        img/2.jpg,val,0,1,

    Args:
        ann_file: The CSV, relative to ``data_root``.
        path_column: Column of the image path.
        split_column: Column that names the split of a row; None where files are separate.
        split: The split to read; needs ``split_column``.
        ignore_columns: Further columns that are not categories; each must be there.
        check_images: Whether to look for every image file at construction.

    Keyword Args:
        data_root (str): Root of CSV and images.
        data_prefix (str | dict): Folder, or ``dict(img_path=FOLDER)``, that paths are relative to.
        classes (Sequence[str]): The categories, in order. Columns that are none of the above are
            then an error; without it, every other column is a category.
        pipeline (Sequence[dict]): Transforms; what else MMPretrain's datasets take.

    A million rows of 500 categories take half a GB: the file is read row by row.

    Raises:
        FileNotFoundError: The CSV or images of it are missing (the first few are named).
        ValueError: No UTF-8, missing, unknown, nameless or repeated columns, an unknown split, one
            in several spellings (``train`` and ``Train``), a row that is longer or shorter than the
            header, or a value other than 1, 0, -1 or nothing; file, column and line are named.
        TypeError: An argument of a wrong type.
    """

    def __init__(
        self,
        ann_file: str,
        path_column: str = 'path',
        split_column: str | None = None,
        split: str | None = None,
        ignore_columns: Sequence[str] = (),
        check_images: bool = True,
        **kwargs: Any,
    ) -> None:
        if (split is None) != (split_column is None):
            raise ValueError(
                'expected split and split_column to be given together, but got '
                f'split={split!r}, split_column={split_column!r}'
            )
        check_text('path_column', path_column)
        check_text('split_column', split_column, optional=True)
        check_text('split', split, optional=True)
        is_list = isinstance(ignore_columns, Sequence) and not isinstance(ignore_columns, str)
        if not is_list or not all(isinstance(name, str) for name in ignore_columns):
            raise TypeError(
                f'expected ignore_columns to be a list of names, but got {ignore_columns!r}'
            )
        self.path_column = path_column
        self.split_column = split_column
        self.split = split
        self.ignore_columns = tuple(ignore_columns)
        self.check_images = check_flag('check_images', check_images)
        super().__init__(ann_file=ann_file, **kwargs)

    def load_annotations(self) -> tuple[list[str], np.ndarray, list[str]]:
        """Read the CSV; see the base class."""
        if not os.path.isfile(self.ann_file):
            raise FileNotFoundError(f'no such CSV: {self.ann_file}')
        columns = CSVColumns(self.path_column, self.split_column, self.ignore_columns)
        names, labels, classes, self.split_counts = read_label_table(
            self.ann_file, columns, self.split, self._metainfo.get('classes')
        )
        self.check_names(names)  # before any of them is looked for
        if self.check_images:
            missing = [name for name in names if not os.path.isfile(self.image_path(name))]
            if missing:
                raise FileNotFoundError(
                    f'{len(missing)} of {len(names)} images of {self.ann_file} not found: '
                    f'{[self.image_path(name) for name in missing[:_SHOWN]]}'
                )
        return names, labels, classes
