"""Protocols of hiding labels, registered in ``dsrb_mm.registry.MASKS``."""

from .known_per_category import KnownPerCategory
from .known_proportion import KnownProportion
from .label_file import LabelFile
from .label_mask import LabelMask
from .single_positive import SinglePositive

__all__ = ['KnownPerCategory', 'KnownProportion', 'LabelFile', 'LabelMask', 'SinglePositive']
