"""Labels of other formats as a CSV of labels: tags, folders, COCO, annotation tools."""

from .formats import FORMATS
from .import_labels import import_labels
from .import_report import ImportReport

__all__ = ['FORMATS', 'ImportReport', 'import_labels']
