"""Evaluation of multi-label recognition: the MMEngine metric and the pure maths under it."""

from .average_precision import average_precision
from .held_out_metric import HeldOutMetric
from .micro_average_precision import KeptScores, MicroAveragePrecision, clearly_better
from .multi_label_recognition import MultiLabelRecognitionMetric, RecognitionResult
from .precision_recall import precision_recall, top_k_mask

__all__ = [
    'HeldOutMetric',
    'KeptScores',
    'MicroAveragePrecision',
    'MultiLabelRecognitionMetric',
    'RecognitionResult',
    'average_precision',
    'clearly_better',
    'precision_recall',
    'top_k_mask',
]
