"""Predictions from a config and a checkpoint."""

from .image_inputs import ImageInput, collect_images
from .model_loading import check_classes, load_model
from .multi_label_inferencer import MultiLabelInferencer
from .preprocessing import InputPipeline, UnreadableImageError
from .score_files import score_writer, write_scores
from .selection import Selection

__all__ = [
    'ImageInput',
    'InputPipeline',
    'MultiLabelInferencer',
    'Selection',
    'UnreadableImageError',
    'check_classes',
    'collect_images',
    'load_model',
    'score_writer',
    'write_scores',
]
