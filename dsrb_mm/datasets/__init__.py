"""Datasets with partial labels, registered in MMPretrain."""

from .coco_multi_label import CocoMultiLabel
from .csv_multi_label import CSVMultiLabel
from .label_matrix import get_label_matrix
from .partial_label_dataset import PartialLabelDataset
from .skipped_images import collate_readable
from .transforms import LoadCheckedImageFromFile
from .vg200 import VG200

__all__ = [
    'VG200',
    'CSVMultiLabel',
    'CocoMultiLabel',
    'LoadCheckedImageFromFile',
    'PartialLabelDataset',
    'collate_readable',
    'get_label_matrix',
]
