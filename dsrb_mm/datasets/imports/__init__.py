"""Labels of other formats as a CSV of labels: tags, folders, COCO, annotation tools."""

from .import_labels import FORMATS, ImportReport, import_labels

__all__ = ['FORMATS', 'ImportReport', 'import_labels']
