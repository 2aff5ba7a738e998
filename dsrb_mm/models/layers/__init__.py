"""The maths of DSRB as small modules, free of training schedule and data loading."""

from .blending_weight import BlendingWeight, soft_target
from .category_classifier import CategoryClassifier
from .gated_graph_network import GatedGraphNetwork
from .instance_blending import InstanceBlending
from .label_graph import KnownLabelCounts, label_graph
from .marked_entries import marked_entries
from .prototype_bank import PrototypeBank
from .prototype_blending import PrototypeBlending
from .semantic_attention import attention_scores, peak_quadrant, semantic_attention

__all__ = [
    'BlendingWeight',
    'CategoryClassifier',
    'GatedGraphNetwork',
    'InstanceBlending',
    'KnownLabelCounts',
    'PrototypeBank',
    'PrototypeBlending',
    'attention_scores',
    'label_graph',
    'marked_entries',
    'peak_quadrant',
    'semantic_attention',
    'soft_target',
]
