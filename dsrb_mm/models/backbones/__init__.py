"""Backbones are MMPretrain's; here are wrappers that keep one fixed, or take its place."""

from .feature_input import FeatureInput
from .frozen_backbone import FrozenBackbone

__all__ = ['FeatureInput', 'FrozenBackbone']
