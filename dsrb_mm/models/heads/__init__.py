"""Heads: what every method shares, and one head per kind of category features."""

from .dsrb_head import DSRBHead
from .linear_head import PartialLabelLinearHead
from .partial_label_head import PartialLabelHead
from .saliency_head import SaliencyHead

__all__ = ['DSRBHead', 'PartialLabelHead', 'PartialLabelLinearHead', 'SaliencyHead']
