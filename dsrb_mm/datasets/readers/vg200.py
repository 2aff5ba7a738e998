"""Visual Genome with its 200 most frequent categories (VG-200)."""

from __future__ import annotations

from reprlib import repr as short_repr
from typing import Any

import mmengine
import numpy as np
from mmengine.logging import print_log
from mmpretrain.registry import DATASETS

from dsrb_mm.arguments import check_path, check_size
from dsrb_mm.datasets.readers.label_matrix_dataset import LabelMatrixDataset
from dsrb_mm.fileio.annotation_files import read_json, read_lines


@DATASETS.register_module()
class VG200(LabelMatrixDataset):
    """VG-200 on the split of SSGRL, from the files released with it.

    The release carries no category names: give them by ``classes`` (a list, or a file of one name a
    line), or they read ``category 0``, ``category 1``, ...; word vectors then have to be learnt.

    Args:
        ann_file: Image file names, one a line (``train_list_500.txt``), relative to ``data_root``.
        label_file: Json from file name to the list of its category indices, relative to
            ``data_root``. Of the file with 500 categories, the first ``num_classes`` are used.
        num_classes: Number of categories.

    Keyword Args:
        data_root (str): Root of lists, labels and images.
        data_prefix (str | dict): Folder, or ``dict(img_path=FOLDER)``, of the images.
        classes (str | Sequence[str]): Category names.
        pipeline (Sequence[dict]): Transforms; what else MMPretrain's datasets take.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A listed image without labels, or malformed files.
    """

    def __init__(
        self,
        ann_file: str,
        label_file: str = 'vg_category_200_labels_index.json',
        num_classes: int = 200,
        **kwargs: Any,
    ) -> None:
        self.label_file = check_path('label_file', label_file)
        self.num_classes = check_size('num_classes', num_classes)
        super().__init__(ann_file=ann_file, **kwargs)

    def load_annotations(self) -> tuple[list[str], np.ndarray, list[str]]:
        """Read the list and the labels; see the base class."""
        names = read_lines(self.ann_file)
        label_path = mmengine.fileio.join_path(self.data_root or '', self.label_file)
        indices = read_json(label_path)
        if not isinstance(indices, dict):
            raise ValueError(
                f'expected {label_path} to be a json from file name to category indices, but got '
                f'{short_repr(indices)}'
            )
        labels = np.zeros((len(names), self.num_classes), np.int8)
        for row, name in enumerate(names):
            if name not in indices:
                raise ValueError(
                    f'{label_path} has no labels for {name}, listed in {self.ann_file}'
                )
            present = indices[name]
            if not isinstance(present, list) or not all(map(_is_index, present)):
                raise ValueError(
                    f'expected {label_path} to hold a list of category indices for {name}, but got '
                    f'{short_repr(present)}'
                )
            labels[row, [index for index in present if index < self.num_classes]] = 1
        classes = self._metainfo.get('classes')
        if classes is None:
            print_log('VG200: no category names given (classes=...); using numbers.', 'current')
            classes = [f'category {i}' for i in range(self.num_classes)]
        return names, labels, list(classes)


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
