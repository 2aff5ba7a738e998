"""Dataset wrapper that hides labels, so that training sees a partial label matrix."""

from __future__ import annotations

import copy
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset, ClassBalancedDataset, force_full_init
from mmengine.structures import BaseDataElement
from mmpretrain.registry import DATASETS

from dsrb_mm.arguments import check_flag
from dsrb_mm.datasets.building import build_dataset, build_mask, explain_errors
from dsrb_mm.datasets.image_decoding import UnreadableImageError
from dsrb_mm.datasets.label_matrix import get_label_matrix, row_blocks
from dsrb_mm.datasets.masks import LabelMask
from dsrb_mm.datasets.skipped_images import SkippedImage
from dsrb_mm.datasets.wrappers import image_rows, innermost_datasets, walk_datasets


@DATASETS.register_module()
class PartialLabelDataset:
    """Wraps a multi-label dataset and turns labels into a score vector with unknown entries.

    Every sample gets ``gt_score`` (C,) float32: 1 present, 0 absent, -1 unknown. Without ``known``
    nothing is hidden: that is how evaluation reads complete labels, and how a dataset that has
    unknown labels of its own (CSV) is read. Labels unknown in the dataset itself stay unknown.

    The wrapped dataset may concatenate or repeat others. Labels are hidden once per image: however
    often an image is repeated, the same labels of it are known. Every data sample carries its image
    as ``sample_idx``, the row of :meth:`label_matrix`.

    Args:
        dataset: Dataset or its config: any MMPretrain multi-label dataset, or a ``ConcatDataset``,
            ``RepeatDataset``, ``ClassBalancedDataset`` or ``KFoldDataset`` of such.
        known: Which labels stay known, a :class:`LabelMask` or its config, for example
            ``dict(type='SinglePositive')``.
        known_proportion: Short for ``known=dict(type='KnownProportion', p=known_proportion)``.
        unreadable: What becomes of a training image that cannot be decoded: ``'error'`` stops with
            its name; ``'skip'`` leaves it out of its batch (needs ``collate_fn=dict(type=
            'collate_readable')``), and ``SkippedImageHook`` counts it. Evaluation never skips.
        lazy_init: Whether to leave reading the annotations to the first use.

    Raises:
        ValueError: Both ``known`` and ``known_proportion``, a value out of range, or concatenated
            datasets of different categories.
        FileNotFoundError: Missing data, with the expected layout and its source.
        TypeError: ``dataset`` or ``known`` is neither a config nor what it should build.

    Example::

        dict(
            type='PartialLabelDataset',
            known=dict(type='KnownPerCategory', number=20),
            dataset=dict(type='VOC', data_root='data/VOC2007', split='trainval'),
        )
    """

    def __init__(
        self,
        dataset: Any,
        known: LabelMask | dict | None = None,
        known_proportion: float | None = None,
        unreadable: str = 'error',
        lazy_init: bool = False,
    ) -> None:
        check_flag('lazy_init', lazy_init)
        if unreadable not in ('error', 'skip'):
            raise ValueError(f"expected unreadable to be 'error' or 'skip', but got {unreadable!r}")
        self.unreadable = unreadable
        self.known = build_mask(known, known_proportion)
        self._config = dataset if isinstance(dataset, dict) else dict(type=type(dataset).__name__)
        self.dataset = build_dataset(dataset)
        self._parts = innermost_datasets(self.dataset)
        if unreadable == 'skip' and any(getattr(part, 'test_mode', False) for part in self._parts):
            raise ValueError(
                "expected unreadable to be 'error' in evaluation, which counts all images, but got "
                "'skip'"
            )
        self._metainfo = self._parts[0].metainfo
        self._fully_initialized = False
        if not lazy_init:
            self.full_init()

    @property
    def metainfo(self) -> dict:
        """Meta information of the wrapped dataset."""
        return copy.deepcopy(self._metainfo)

    def full_init(self) -> None:
        """Read the annotations and choose the known labels, once."""
        if self._fully_initialized:
            return
        with explain_errors(self._config):
            if hasattr(self.dataset, 'full_init'):  # torch's ConcatDataset has none
                self.dataset.full_init()
        self._parts = innermost_datasets(self.dataset)  # a KFoldDataset has replaced its own
        self._metainfo = _common_metainfo(self._parts)
        self._starts = [0, *accumulate(map(len, self._parts))]
        self._rows = image_rows(self.dataset)
        # The wrapped dataset's own matrix where it has one, and one bit per label beside it: hidden
        # labels as a second matrix would double what training holds.
        self._complete = get_label_matrix(self.dataset)
        known = self._choose_known()
        self._known_bits = None if known is None else np.packbits(known, axis=1)
        self._fully_initialized = True

    def _choose_known(self) -> np.ndarray | None:
        if self.known is None:
            return None
        if any(isinstance(inner, ClassBalancedDataset) for inner in walk_datasets(self.dataset)):
            warnings.warn(
                'ClassBalancedDataset inside PartialLabelDataset counts labels that are hidden '
                'afterwards. To balance by known labels, let it wrap the PartialLabelDataset.',
                stacklevel=2,
            )
        known = self.known.choose(self._complete)
        is_mask = isinstance(known, np.ndarray) and known.dtype.kind == 'b'
        if not is_mask or known.shape != self._complete.shape:
            raise TypeError(
                f'expected {self.known} to choose known labels as a bool array of shape '
                f'{self._complete.shape}, but got {type(known).__name__} of shape '
                f'{np.shape(known)}'
            )
        return known

    def _labels_of(self, rows: int | slice) -> np.ndarray:
        """Labels of some images as training sees them."""
        labels = self._complete[rows]
        if self._known_bits is None:
            return labels
        known = np.unpackbits(self._known_bits[rows], axis=-1, count=labels.shape[-1])
        return np.where(known, labels, np.int8(-1))

    @force_full_init
    def label_matrix(self) -> np.ndarray:
        """Labels as training sees them, one row per image; made anew at every call.

        An image that the wrapped dataset repeats has one row: ``sample_idx`` of its samples.

        Shape:
            -> (N, C) int8 in {1, 0, -1}.
        """
        labels = np.empty(self._complete.shape, np.int8)
        for rows in row_blocks(labels.shape):
            labels[rows] = self._labels_of(rows)
        return labels

    def _locate(self, idx: int) -> tuple[int, Any, int]:
        """Row of a sample's image, the innermost dataset that has it, and its index there."""
        row = int(self._rows[idx])
        number = bisect_right(self._starts, row) - 1
        return row, self._parts[number], row - self._starts[number]

    @force_full_init
    def get_data_info(self, idx: int) -> dict:
        """Annotation of one sample, with ``gt_score`` in place of ``gt_label``."""
        row, part, index = self._locate(idx)
        info = part.get_data_info(index)
        # MMPretrain's preprocessor cannot pack the empty gt_label of an image without a category,
        # and heads and metrics read gt_score first anyway.
        info.pop('gt_label', None)
        info['gt_score'] = self._labels_of(row).astype(np.float32)
        info['sample_idx'] = row
        return info

    @force_full_init
    def get_cat_ids(self, idx: int) -> list[int]:
        """Categories known to be present, for MMEngine's class-balanced sampling."""
        return np.flatnonzero(self._labels_of(self._locate(idx)[0]) == 1).tolist()

    @force_full_init
    def get_subset(self, indices: Sequence[int]) -> PartialLabelDataset:
        """The dataset of some samples, numbered anew; what is known of an image stays the same.

        For ``KFoldDataset`` around this wrapper, which splits images after labels are hidden.

        Args:
            indices: Samples of the subset.

        Raises:
            TypeError: The wrapped dataset joins or repeats others.
        """
        if not isinstance(self.dataset, BaseDataset):
            raise TypeError(
                'expected a dataset that reads annotations inside a PartialLabelDataset of which '
                f'a part is taken, but got {type(self.dataset).__name__}'
            )
        rows = list(indices)
        subset = copy.copy(self)
        # Not get_subset: MMEngine keeps its deep copies by the ids of objects that may be gone, and
        # could hand out one of them in place of a transform.
        subset.dataset = copy.copy(self.dataset)
        subset.dataset.get_subset_(rows)
        subset._parts, subset._starts = [subset.dataset], [0, len(rows)]
        subset._rows = range(len(rows))
        subset._complete = self._complete[rows]
        bits = self._known_bits
        subset._known_bits = None if bits is None else bits[rows]
        return subset

    @force_full_init
    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, idx: int) -> Any:
        """Sample after the wrapped dataset's pipeline; never that of another image.

        Raises:
            UnreadableImageError: The image cannot be decoded, or the pipeline gave nothing.
        """
        info = self.get_data_info(idx)
        row, part, _ = self._locate(idx)
        try:
            sample = part.pipeline(info)
            if sample is None:  # LoadImageFromFile(ignore_empty=True)
                path = info.get('img_path', idx)
                raise UnreadableImageError(f'the pipeline gave no sample for {path}')
        except UnreadableImageError as error:
            if self.unreadable == 'error':
                raise
            return SkippedImage(str(error))
        packed = sample.get('data_samples') if isinstance(sample, dict) else None
        if isinstance(packed, BaseDataElement):
            packed.set_metainfo(dict(sample_idx=row))  # whatever meta_keys PackInputs has
        return sample

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.known or "labels as they are"})\n{self.dataset!r}'


def _common_metainfo(parts: list[Any]) -> dict:
    """Meta information of the first dataset; all have to have its categories."""
    first = tuple(parts[0].metainfo.get('classes') or ())
    for number, part in enumerate(parts):
        classes = tuple(part.metainfo.get('classes') or ())
        if classes != first:
            raise ValueError(
                'expected concatenated datasets to have the same categories in the same order, '
                f'but got {first[:5]}, ... in dataset 0 and {classes[:5]}, ... in dataset {number}'
            )
    return parts[0].metainfo
