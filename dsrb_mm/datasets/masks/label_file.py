"""Known labels read from a file in the published code."""

from __future__ import annotations

import os
import warnings

import numpy as np

from dsrb_mm.arguments import check_path
from dsrb_mm.datasets.masks.label_mask import LabelMask
from dsrb_mm.datasets.readers.csv_labels import read_code_table
from dsrb_mm.fileio.annotation_files import read_array
from dsrb_mm.registry import MASKS


@MASKS.register_module()
class LabelFile(LabelMask):
    """Keeps the labels that a file in the published code knows: 1 present, -1 absent, 0 unknown.

    The file only says what is known; it has to agree with the labels of the dataset. Take care with
    files in this package's own code (1 present, 0 absent, -1 unknown): one that contradicts the
    dataset is an error, one that does not gives a warning.

    Args:
        path: ``.csv`` of N rows without a header, or ``.npy``.

    Raises:
        TypeError: ``path`` is not a path.
        FileNotFoundError: On use, no such file.
        ValueError: On use, wrong shape or values, or a known label that contradicts the dataset's.
    """

    def __init__(self, path: str) -> None:
        self.path = check_path('path (of LabelFile)', path)

    def choose(self, labels: np.ndarray) -> np.ndarray:
        """Choose the known labels; see the base class."""
        codes = self._read(labels.shape)
        known = codes != 0
        clash = known & (labels >= 0) & ((codes == 1) != (labels == 1))
        own_clash = (codes >= 0) & (labels >= 0) & (codes != labels)
        if clash.any():
            self._refuse(codes, labels, clash, own_code=not own_clash.any())
        if (codes == 0).any() and not own_clash.any():
            # Hardly so by chance: an unknown entry of the published code is present somewhere.
            warnings.warn(
                f'{self.path}: 0 stands for unknown, but no label that is present in the dataset '
                'is 0 in the file. If 0 stands for absent there, write absent as -1 and unknown '
                'as 0.',
                stacklevel=2,
            )
        return known

    def _read(self, shape: tuple[int, ...]) -> np.ndarray:
        if not os.path.isfile(self.path):
            raise FileNotFoundError(f'no such file of partial labels (LabelFile): {self.path}')
        is_array = self.path.endswith('.npy')
        codes = read_array(self.path) if is_array else read_code_table(self.path)
        if codes.shape != shape:
            raise ValueError(
                f'expected {self.path} to hold labels of shape {shape}, but got {codes.shape}'
            )
        if not np.isin(codes, (1, 0, -1)).all():
            raise ValueError(
                f'expected {self.path} to hold 1, -1 and 0 (unknown), but got other values'
            )
        return codes

    def _refuse(
        self, codes: np.ndarray, labels: np.ndarray, clash: np.ndarray, own_code: bool
    ) -> None:
        row, column = np.argwhere(clash)[0]
        advice = 'are the images in the same order?'
        if own_code:
            advice = (
                'they do agree if 0 stands for absent and -1 for unknown: write absent as -1 and '
                'unknown as 0'
            )
        raise ValueError(
            f'expected {self.path} to agree with the labels of the dataset, but got '
            f'{codes[row, column]:g} in row {row}, column {column}, where the dataset says '
            f'{labels[row, column]} ({int(clash.sum())} such entries): {advice}'
        )
