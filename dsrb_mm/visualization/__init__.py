"""Pictures of data, predictions, prototypes and the label graph."""

from .attention_picture import CategoryPanel, draw_attention_picture
from .images import original_image, transformed_image
from .label_graph_picture import draw_label_graph, similar_order, strongest_edges
from .label_picture import draw_label_picture
from .prototype_picture import PrototypePanel, draw_prototype_picture

__all__ = [
    'CategoryPanel',
    'PrototypePanel',
    'draw_attention_picture',
    'draw_label_graph',
    'draw_label_picture',
    'draw_prototype_picture',
    'original_image',
    'similar_order',
    'strongest_edges',
    'transformed_image',
]
