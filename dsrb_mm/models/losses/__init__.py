"""Losses for partial labels."""

from .category_contrastive_loss import CategoryContrastiveLoss
from .partial_bce_loss import PartialBCELoss

__all__ = ['CategoryContrastiveLoss', 'PartialBCELoss']
