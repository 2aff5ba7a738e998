"""Datasets with partial labels, registered in MMPretrain."""

from .cached_images import use_cached_images
from .imports import ImportReport, import_labels
from .label_matrix import get_indexed_label_matrix, get_label_matrix
from .masks import KnownPerCategory, KnownProportion, LabelFile, LabelMask, SinglePositive
from .partial_label_dataset import PartialLabelDataset
from .readers import VG200, CocoMultiLabel, CSVMultiLabel, LabelMatrixDataset
from .skipped_images import collate_readable
from .transforms import LoadCachedImage, LoadCheckedImageFromFile

__all__ = [
    'VG200',
    'CSVMultiLabel',
    'CocoMultiLabel',
    'ImportReport',
    'KnownPerCategory',
    'KnownProportion',
    'LabelFile',
    'LabelMask',
    'LabelMatrixDataset',
    'LoadCachedImage',
    'LoadCheckedImageFromFile',
    'PartialLabelDataset',
    'SinglePositive',
    'collate_readable',
    'get_indexed_label_matrix',
    'get_label_matrix',
    'import_labels',
    'use_cached_images',
]
