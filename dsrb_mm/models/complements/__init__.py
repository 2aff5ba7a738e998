"""What stands in for unknown labels in training, one file each."""

from .asymmetric_pseudo_labels import AsymmetricPseudoLabels
from .blending_weight import BlendingWeight, soft_target
from .complement import CategoryBatch, Complement
from .curriculum_labels import CurriculumLabels
from .instance_blending import InstanceBlending
from .prototype_bank import PrototypeBank
from .prototype_blending import PrototypeBlending
from .pseudo_labels import PseudoLabels

__all__ = [
    'AsymmetricPseudoLabels',
    'BlendingWeight',
    'CategoryBatch',
    'Complement',
    'CurriculumLabels',
    'InstanceBlending',
    'PrototypeBank',
    'PrototypeBlending',
    'PseudoLabels',
    'soft_target',
]
