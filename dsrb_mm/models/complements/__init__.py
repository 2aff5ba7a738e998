"""What stands in for unknown labels in training, one file each."""

from .asymmetric_pseudo_labels import AsymmetricPseudoLabels
from .blending_weight import BlendingWeight, soft_target
from .cluster_bank import ClusterBank
from .cluster_blending import ClusterBlending
from .complement import CategoryBatch, Complement
from .cross_image_transfer import CrossImageTransfer
from .curriculum_labels import CurriculumLabels
from .feature_queue import FeatureQueue
from .instance_blending import InstanceBlending
from .intra_image_transfer import IntraImageTransfer
from .prototype_bank import PrototypeBank
from .prototype_blending import PrototypeBlending
from .pseudo_labels import PseudoLabels
from .transfer_thresholds import FallingThreshold, LearnedThreshold

__all__ = [
    'AsymmetricPseudoLabels',
    'BlendingWeight',
    'CategoryBatch',
    'ClusterBank',
    'ClusterBlending',
    'Complement',
    'CrossImageTransfer',
    'CurriculumLabels',
    'FallingThreshold',
    'FeatureQueue',
    'InstanceBlending',
    'IntraImageTransfer',
    'LearnedThreshold',
    'PrototypeBank',
    'PrototypeBlending',
    'PseudoLabels',
    'soft_target',
]
