"""Dataset wrapper that hides labels, so that training sees a partial label matrix."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from mmengine.dataset import force_full_init
from mmpretrain.registry import DATASETS

from dsrb_mm.arguments import check_flag, check_int, check_path
from dsrb_mm.datasets.image_decoding import UnreadableImageError
from dsrb_mm.datasets.label_masks import (
    file_mask,
    per_category_mask,
    proportion_mask,
    single_positive_mask,
)
from dsrb_mm.datasets.label_matrix import get_label_matrix, row_blocks
from dsrb_mm.datasets.layouts import explain_errors
from dsrb_mm.datasets.readers.voc_files import check_voc_names
from dsrb_mm.datasets.skipped_images import SkippedImage


@DATASETS.register_module()
class PartialLabelDataset:
    """Wraps a multi-label dataset and turns labels into a score vector with unknown entries.

    Every sample gets ``gt_score`` (C,) float32: 1 present, 0 absent, -1 unknown. Without any option
    nothing is hidden: that is how evaluation reads complete labels, and how a dataset that has
    unknown labels of its own (CSV) is read. At most one of the four protocols may be given; entries
    unknown in the dataset itself stay unknown.

    Args:
        dataset: Dataset or its config: any MMPretrain multi-label dataset.
        known_proportion: Keep each label with this probability, in (0, 1], by the published
            formula (reference: arXiv 2205.13092 and its published masks).
        known_per_category: Keep this many labels of every category.
        single_positive: Keep one present category of each image and nothing else.
        label_file: Keep what a file in the published code (1, -1, 0) knows.
        seed: Seed of the choice; the published one is 0.
        unreadable: What becomes of a training image that cannot be decoded: ``'error'`` stops with
            its name; ``'skip'`` leaves it out of its batch (needs ``collate_fn=dict(type=
            'collate_readable')``), and ``SkippedImageHook`` counts it. Evaluation never skips.
        lazy_init: Whether to leave reading the annotations to the first use.

    Raises:
        ValueError: More than one protocol, or a value out of range.
        FileNotFoundError: Missing data, with the expected layout and its source.
        TypeError: ``dataset`` is neither a config nor a dataset.
    """

    def __init__(
        self,
        dataset: Any,
        known_proportion: float | None = None,
        known_per_category: int | None = None,
        single_positive: bool = False,
        label_file: str | None = None,
        seed: int = 0,
        unreadable: str = 'error',
        lazy_init: bool = False,
    ) -> None:
        self.known_proportion = known_proportion
        self.known_per_category = known_per_category
        self.single_positive = single_positive
        self.label_file = label_file
        if len(self._given()) > 1:
            raise ValueError(
                f'expected at most one partial-label protocol, but got {self._given()}'
            )
        # Before hours of other work.
        if known_proportion is not None:
            proportion_mask((0, 0), known_proportion)
        if known_per_category is not None:
            check_int('known_per_category', known_per_category, 1)
        if label_file is not None:
            check_path('label_file', label_file)
        check_flag('single_positive', single_positive)
        check_flag('lazy_init', lazy_init)
        if unreadable not in ('error', 'skip'):
            raise ValueError(f"expected unreadable to be 'error' or 'skip', but got {unreadable!r}")
        self.unreadable = unreadable
        self.seed = check_int('seed', seed, 0, 2**32 - 1)
        self._config = dataset if isinstance(dataset, dict) else dict(type=type(dataset).__name__)
        if isinstance(dataset, dict):
            _check_type(dataset.get('type'))
            check_voc_names(dataset)
            with explain_errors(dataset):
                self.dataset = DATASETS.build(dataset)
        elif hasattr(dataset, 'get_data_info'):
            self.dataset = dataset
        else:
            raise TypeError(
                f'expected dataset to be a config or a dataset, but got {type(dataset)}'
            )
        if unreadable == 'skip' and getattr(self.dataset, 'test_mode', False):
            raise ValueError(
                "expected unreadable to be 'error' in evaluation, which counts all images, but got "
                "'skip'"
            )
        self._metainfo = self.dataset.metainfo
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
            self.dataset.full_init()
        self._metainfo = self.dataset.metainfo
        # The wrapped dataset's own matrix where it has one, and one bit a label beside it: hidden
        # labels as a second matrix would double what training holds.
        self._complete = get_label_matrix(self.dataset)
        known = self._known(self._complete)
        self._known_bits = None if known is None else np.packbits(known, axis=1)
        self._fully_initialized = True

    def _known(self, labels: np.ndarray) -> np.ndarray | None:
        if self.known_proportion is not None:
            return proportion_mask(labels.shape, self.known_proportion, self.seed)
        if self.known_per_category is not None:
            return per_category_mask(labels.shape, self.known_per_category, self.seed)
        if self.single_positive:
            return single_positive_mask(labels, self.seed)
        if self.label_file is not None:
            return file_mask(self.label_file, labels)
        return None

    def _labels_of(self, rows: int | slice) -> np.ndarray:
        """Labels of some images as training sees them."""
        labels = self._complete[rows]
        if self._known_bits is None:
            return labels
        known = np.unpackbits(self._known_bits[rows], axis=-1, count=labels.shape[-1])
        return np.where(known, labels, np.int8(-1))

    @force_full_init
    def label_matrix(self) -> np.ndarray:
        """Labels as training sees them, (N, C) int8 in {1, 0, -1}; made anew at every call."""
        labels = np.empty(self._complete.shape, np.int8)
        for rows in row_blocks(labels.shape):
            labels[rows] = self._labels_of(rows)
        return labels

    @force_full_init
    def get_data_info(self, idx: int) -> dict:
        """Annotation of one image, with ``gt_score`` in place of ``gt_label``."""
        info = self.dataset.get_data_info(idx)
        # MMPretrain's preprocessor cannot pack the empty gt_label of an image without a category,
        # and heads and metrics read gt_score first anyway.
        info.pop('gt_label', None)
        info['gt_score'] = self._labels_of(idx).astype(np.float32)
        return info

    @force_full_init
    def get_cat_ids(self, idx: int) -> list[int]:
        """Categories known to be present, for MMEngine's class-balanced sampling."""
        return np.flatnonzero(self._labels_of(idx) == 1).tolist()

    @force_full_init
    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, idx: int) -> Any:
        """Sample after the wrapped dataset's pipeline; never that of another image.

        Raises:
            UnreadableImageError: The image cannot be decoded, or the pipeline gave nothing.
        """
        info = self.get_data_info(idx)
        try:
            sample = self.dataset.pipeline(info)
            if sample is None:  # LoadImageFromFile(ignore_empty=True)
                path = info.get('img_path', idx)
                raise UnreadableImageError(f'the pipeline gave no sample for {path}')
        except UnreadableImageError as error:
            if self.unreadable == 'error':
                raise
            return SkippedImage(str(error))
        return sample

    def _given(self) -> dict[str, Any]:
        """The protocols asked for, by name."""
        names = ('known_proportion', 'known_per_category', 'single_positive', 'label_file')
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value not in (None, False)}

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self._given() or "labels as they are"})\n{self.dataset!r}'


def _check_type(kind: Any) -> None:
    """Check that a config's type is a dataset; the registry fails in several ways."""
    if not isinstance(kind, (str, type)):
        raise TypeError(f'expected dataset to be a config with a type, but got type {kind!r}')
    try:
        known = isinstance(kind, type) or DATASETS.get(kind) is not None
    except Exception:
        known = False
    if not known:
        raise ValueError(f'expected type of dataset to be a registered one, but got {kind!r}')
