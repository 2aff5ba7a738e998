"""When things happen during training and testing; the maths is in ``dsrb_mm.models.layers``."""

from .attention_picture_hook import AttentionPictureHook
from .calibration_hook import CalibrationHook
from .category_check_hook import CategoryCheckHook
from .channels_last_hook import ChannelsLastHook
from .console_hook import ConsoleHook
from .epoch_seed_hook import EpochSeedHook
from .finite_check_hook import FiniteCheckHook
from .method_hook import MethodHook
from .skipped_image_hook import SkippedImageHook

__all__ = [
    'AttentionPictureHook',
    'CalibrationHook',
    'CategoryCheckHook',
    'ChannelsLastHook',
    'ConsoleHook',
    'EpochSeedHook',
    'FiniteCheckHook',
    'MethodHook',
    'SkippedImageHook',
]
