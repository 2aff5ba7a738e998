"""What stands in for unknown labels in training, one file each."""

from .blending_weight import BlendingWeight, soft_target
from .complement import CategoryBatch, Complement
from .instance_blending import InstanceBlending
from .prototype_bank import PrototypeBank
from .prototype_blending import PrototypeBlending

__all__ = [
    'BlendingWeight',
    'CategoryBatch',
    'Complement',
    'InstanceBlending',
    'PrototypeBank',
    'PrototypeBlending',
    'soft_target',
]
