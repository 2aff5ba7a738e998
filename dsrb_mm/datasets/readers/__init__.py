"""Readers of annotation files: COCO json, VG-200, CSV."""

from .coco_multi_label import CocoMultiLabel
from .csv_multi_label import CSVMultiLabel
from .label_matrix_dataset import LabelMatrixDataset
from .vg200 import VG200

__all__ = ['VG200', 'CSVMultiLabel', 'CocoMultiLabel', 'LabelMatrixDataset']
