"""The maths of DSRB as small modules, free of training schedule and data loading."""

from .category_classifier import CategoryClassifier
from .gated_graph_network import GatedGraphNetwork
from .label_graph import KnownLabelCounts, label_graph
from .marked_entries import marked_entries
from .semantic_attention import (
    attended_response,
    attention_scores,
    peak_quadrant,
    semantic_attention,
)

__all__ = [
    'CategoryClassifier',
    'GatedGraphNetwork',
    'KnownLabelCounts',
    'attended_response',
    'attention_scores',
    'label_graph',
    'marked_entries',
    'peak_quadrant',
    'semantic_attention',
]
