"""Necks, heads, losses and complements for partial labels, registered in MMPretrain."""

from .backbones import FrozenBackbone
from .complements import CategoryBatch, Complement, InstanceBlending, PrototypeBlending
from .heads import DSRBHead, PartialLabelHead, PartialLabelLinearHead, SaliencyHead
from .losses import CategoryContrastiveLoss, PartialBCELoss, PartialLabelLoss
from .method_part import MethodPart, TrainingProgress
from .necks import CSRLNeck

__all__ = [
    'CSRLNeck',
    'CategoryBatch',
    'CategoryContrastiveLoss',
    'Complement',
    'DSRBHead',
    'FrozenBackbone',
    'InstanceBlending',
    'MethodPart',
    'PartialBCELoss',
    'PartialLabelHead',
    'PartialLabelLinearHead',
    'PartialLabelLoss',
    'PrototypeBlending',
    'SaliencyHead',
    'TrainingProgress',
]
