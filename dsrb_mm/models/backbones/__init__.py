"""Backbones are MMPretrain's; here is only a wrapper that keeps one fixed."""

from .frozen_backbone import FrozenBackbone

__all__ = ['FrozenBackbone']
