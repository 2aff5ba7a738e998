"""Necks, heads, losses and complements for partial labels, registered in MMPretrain."""

from .backbones import *  # noqa: F403
from .complements import *  # noqa: F403
from .heads import *  # noqa: F403
from .logic_mix import LogicMix
from .losses import *  # noqa: F403
from .method_part import MethodPart, TrainingProgress
from .necks import *  # noqa: F403
from .views_data_preprocessor import ViewsDataPreprocessor

from . import backbones, complements, heads, losses, necks  # isort: skip

__all__ = [
    *backbones.__all__,
    *complements.__all__,
    *heads.__all__,
    *losses.__all__,
    *necks.__all__,
    'LogicMix',
    'MethodPart',
    'TrainingProgress',
    'ViewsDataPreprocessor',
]
