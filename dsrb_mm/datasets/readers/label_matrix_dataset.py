"""Base of this package's datasets: image paths beside one label matrix."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from reprlib import repr as short_repr
from typing import Any

import numpy as np
from mmengine.dataset import force_full_init
from mmpretrain.datasets import MultiLabelDataset

from dsrb_mm.arguments import check_path
from dsrb_mm.datasets.data_checks import contradictions, repeated_names
from dsrb_mm.datasets.label_matrix import check_labels
from dsrb_mm.datasets.readers.image_names import check_image_names, join_name
from dsrb_mm.words.word_vectors import load_class_names

_SHOWN = 5  # how many culprits a message names


class LabelMatrixDataset(MultiLabelDataset):
    """MMPretrain multi-label dataset that holds its labels as one int8 matrix.

    A Python list of labels an image costs hundreds of bytes for each, copied into every worker;
    the matrix costs one byte a label and is shared. Subclasses implement :meth:`load_annotations`.

    Every data info has ``img_path``, ``gt_score`` (C,) float32 in {1, 0, -1} and ``gt_label``, the
    indices of the present categories. Use it inside :class:`PartialLabelDataset`.

    Args:
        ann_file: Annotation file, relative to ``data_root``.
        data_root: Root of annotations and images.
        data_prefix: Folder of the images, or ``dict(img_path=...)``.
        classes: Categories to read, in this order, of those that the annotations name: names, a
            file of one name per line, or a list shipped with the package (``'dsrb_mm::coco'``).
        **kwargs: See :class:`mmpretrain.datasets.MultiLabelDataset`.

    Raises:
        TypeError: Paths or classes of a wrong type.
        ValueError: No images, no categories, ``classes`` that repeat or that the annotations do not
            have, an image that is listed twice with contradicting labels, or ``indices`` out of
            range.
    """

    def __init__(
        self,
        ann_file: str,
        data_root: str = '',
        data_prefix: str | dict = '',
        classes: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(data_prefix, (str, Mapping)):
            raise TypeError(f'expected data_prefix to be a str or a dict, but got {data_prefix!r}')
        super().__init__(
            ann_file=check_path('ann_file', ann_file),
            data_root=check_path('data_root', data_root or ''),
            data_prefix=data_prefix,
            classes=None if classes is None else _class_names(classes),
            **kwargs,
        )

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
        if not classes:
            raise ValueError(f'expected {self.ann_file} to name categories, but got none')
        if not names:
            raise ValueError(f'expected {self.ann_file} to list images, but got none')
        self._check_repeated(names, labels, classes)
        labels = self._select(labels, list(classes))
        # Wrappers and forked data-loading workers share it.
        labels.flags.writeable = False
        self._labels = labels
        return [dict(img_path=self.image_path(name), row=row) for row, name in enumerate(names)]

    def _select(self, labels: np.ndarray, classes: list[str]) -> np.ndarray:
        """The columns of the given categories, by name."""
        given = list(self._metainfo.get('classes') or classes)
        self._metainfo['classes'] = tuple(given)
        if given == classes:
            return labels
        columns = {name: column for column, name in enumerate(classes)}
        unknown = [name for name in given if name not in columns]
        if unknown:
            raise ValueError(
                f'expected classes to be categories of {self.ann_file}, which has '
                f'{short_repr(classes)}, but got {unknown[:_SHOWN]}'
            )
        return np.ascontiguousarray(labels[:, [columns[name] for name in given]])

    def _check_repeated(
        self, names: Sequence[str], labels: np.ndarray, classes: Sequence[str]
    ) -> None:
        """Refuse images that contradict themselves; warn of those that only repeat."""
        repeated = repeated_names(names)
        clashes = contradictions(repeated, labels)
        if clashes:
            name, category, present, absent = clashes[0]
            raise ValueError(
                f'expected {self.ann_file} to have one row per image, but got {len(clashes)} '
                f'images with contradicting labels: {name} is image {present} with '
                f'{classes[category]!r} present, and image {absent} with it absent'
            )
        if repeated:
            warnings.warn(
                f'{self.ann_file}: {len(repeated)} images are listed more than once, such as '
                f'{list(repeated)[:_SHOWN]}',
                stacklevel=2,
            )

    @force_full_init
    def label_matrix(self) -> np.ndarray:
        """Labels of all images, (N, C) int8 in {1, 0, -1}; of a whole set not a copy, read-only."""
        rows = self.annotation_rows()
        if np.array_equal(rows, np.arange(len(self._labels))):
            return self._labels
        return self._labels[rows]

    @force_full_init
    def annotation_rows(self) -> np.ndarray:
        """Which image of the annotation file every sample is, (N,); ``indices`` leaves some out."""
        return np.fromiter(map(self._row, range(len(self))), np.int64, len(self))

    def _get_unserialized_subset(self, indices: Any) -> list:
        try:
            subset = super()._get_unserialized_subset(indices)
        except (IndexError, TypeError) as error:
            raise ValueError(
                f'expected indices to be a number or a list of integers below '
                f'{len(self.data_list)}, but got {short_repr(indices)}'
            ) from error
        if not subset:
            raise ValueError(
                f'expected indices to select images, but got {short_repr(indices)}: none'
            )
        return subset

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


def _class_names(classes: Any) -> list[str]:
    if isinstance(classes, (str, Path)):
        return load_class_names(classes)
    is_list = isinstance(classes, Sequence) and len(classes) > 0
    if not is_list or not all(isinstance(name, str) for name in classes):
        raise TypeError(
            f'expected classes to be a file or a list of names, but got {short_repr(classes)}'
        )
    names: list[str] = list(classes)
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise ValueError(f'expected classes to be different names, but got {repeated} repeatedly')
    return names
