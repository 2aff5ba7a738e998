"""When things happen during training and testing; the maths is in ``dsrb_mm.models.layers``."""

from .attention_picture_hook import AttentionPictureHook
from .category_check_hook import CategoryCheckHook
from .channels_last_hook import ChannelsLastHook
from .contrastive_ramp_hook import ContrastiveRampHook
from .epoch_seed_hook import EpochSeedHook
from .finite_check_hook import FiniteCheckHook
from .label_graph_hook import LabelGraphHook
from .prototype_hook import PrototypeHook
from .skipped_image_hook import SkippedImageHook

__all__ = [
    'AttentionPictureHook',
    'CategoryCheckHook',
    'ChannelsLastHook',
    'ContrastiveRampHook',
    'EpochSeedHook',
    'FiniteCheckHook',
    'LabelGraphHook',
    'PrototypeHook',
    'SkippedImageHook',
]
