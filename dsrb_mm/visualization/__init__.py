"""Pictures of predictions."""

from .attention_picture import CategoryPanel, draw_attention_picture

__all__ = ['CategoryPanel', 'draw_attention_picture']
