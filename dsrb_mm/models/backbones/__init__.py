"""Backbones are MMPretrain's; here are wrappers that keep one fixed, or take its place."""

from .feature_input import FeatureInput
from .frozen_backbone import FrozenBackbone
from .package_weights import load_package_weights

__all__ = ['FeatureInput', 'FrozenBackbone', 'load_package_weights']
