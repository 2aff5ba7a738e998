"""Losses for partial labels, one file each."""

from .assume_negative_loss import AssumeNegativeLoss
from .category_contrastive_loss import CategoryContrastiveLoss
from .entropy_maximization_loss import EntropyMaximizationLoss
from .expected_positives_loss import ExpectedPositivesLoss
from .hill_loss import HillLoss
from .large_loss import LargeLoss
from .partial_asymmetric_loss import PartialAsymmetricLoss
from .partial_bce_loss import PartialBCELoss
from .partial_label_loss import PartialLabelLoss
from .role_loss import ROLELoss
from .selective_asymmetric_loss import SelectiveAsymmetricLoss
from .splc_loss import SPLCLoss
from .variational_pu_loss import VariationalPULoss

__all__ = [
    'AssumeNegativeLoss',
    'CategoryContrastiveLoss',
    'EntropyMaximizationLoss',
    'ExpectedPositivesLoss',
    'HillLoss',
    'LargeLoss',
    'PartialAsymmetricLoss',
    'PartialBCELoss',
    'PartialLabelLoss',
    'ROLELoss',
    'SPLCLoss',
    'SelectiveAsymmetricLoss',
    'VariationalPULoss',
]
