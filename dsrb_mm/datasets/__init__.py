"""Datasets with partial labels, registered in MMPretrain."""

from .label_matrix import get_label_matrix
from .partial_label_dataset import PartialLabelDataset
from .readers import VG200, CocoMultiLabel, CSVMultiLabel
from .skipped_images import collate_readable
from .transforms import LoadCheckedImageFromFile

__all__ = [
    'VG200',
    'CSVMultiLabel',
    'CocoMultiLabel',
    'LoadCheckedImageFromFile',
    'PartialLabelDataset',
    'collate_readable',
    'get_label_matrix',
]
