"""Base of this package's datasets: image paths beside one label matrix."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.dataset import force_full_init
from mmpretrain.datasets import MultiLabelDataset

from .image_names import check_image_names, join_name
from .label_matrix import check_labels


class LabelMatrixDataset(MultiLabelDataset):
    """MMPretrain multi-label dataset that holds its labels as one int8 matrix.

    A Python list of labels an image costs hundreds of bytes for each, copied into every worker;
    the matrix costs one byte a label and is shared. Subclasses implement :meth:`load_annotations`.

    Every data info has ``img_path``, ``gt_score`` (C,) float32 in {1, 0, -1} and ``gt_label``, the
    indices of the present categories. Use it inside :class:`PartialLabelDataset`.
    """

    @abstractmethod
    def load_annotations(self) -> tuple[Sequence[str], np.ndarray, Sequence[str]]:
        """Read the annotation file.

        Returns:
            Image paths (N) that :meth:`image_path` completes, labels (N, C) in {1, 0, -1}, and the
            category names (C).
        """

    def image_path(self, name: str) -> str:
        """Full path of an image named in the annotations."""
        return join_name(self.data_prefix.get('img_path') or '', name)

    def check_names(self, names: Sequence[str]) -> None:
        """Refuse names outside the image folder; see :func:`check_image_names`."""
        check_image_names(names, self.data_prefix.get('img_path') or '', str(self.ann_file))

    def load_data_list(self) -> list[dict]:
        """Read paths and labels; MMEngine calls it once."""
        names, labels, classes = self.load_annotations()
        self.check_names(names)
        labels = check_labels(labels, str(self.ann_file))
        given = self._metainfo.get('classes')
        if given is not None and len(given) != len(classes):
            raise ValueError(
                f'expected classes to name the {len(classes)} categories of {self.ann_file}, but '
                f'got {len(given)} names'
            )
        if given is None:
            self._metainfo['classes'] = tuple(classes)
        if not names:
            raise ValueError(f'expected {self.ann_file} to list images, but got none')
        self._labels = labels
        return [dict(img_path=self.image_path(name), row=row) for row, name in enumerate(names)]

    @force_full_init
    def label_matrix(self) -> np.ndarray:
        """Labels of all images, (N, C) int8 in {1, 0, -1}."""
        return self._labels[[self._row(idx) for idx in range(len(self))]]

    def _row(self, idx: int) -> int:
        return super().get_data_info(idx)['row']

    @force_full_init
    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Path and labels of one image."""
        info = super().get_data_info(idx)
        labels = self._labels[info.pop('row')]
        info['gt_score'] = labels.astype(np.float32)
        info['gt_label'] = np.flatnonzero(labels == 1).tolist()
        return info
