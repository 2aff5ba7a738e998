"""Neck, head and losses of DSRB, registered in MMPretrain."""

from .backbones import FrozenBackbone
from .heads import DSRBHead
from .losses import CategoryContrastiveLoss, PartialBCELoss
from .necks import CSRLNeck

__all__ = ['CSRLNeck', 'CategoryContrastiveLoss', 'DSRBHead', 'FrozenBackbone', 'PartialBCELoss']
