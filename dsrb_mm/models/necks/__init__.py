"""Necks: from an image's feature map to features of categories."""

from .csrl_neck import CategoryFeatures, CSRLNeck

__all__ = ['CSRLNeck', 'CategoryFeatures']
