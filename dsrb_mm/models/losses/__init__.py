"""Losses for partial labels."""

from .category_contrastive_loss import CategoryContrastiveLoss
from .partial_bce_loss import PartialBCELoss
from .partial_label_loss import PartialLabelLoss

__all__ = ['CategoryContrastiveLoss', 'PartialBCELoss', 'PartialLabelLoss']
