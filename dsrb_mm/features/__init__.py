"""Feature maps of a frozen backbone, computed once per data set and kept on disk."""

from .cached_config import cached_where_possible, is_cached, refusal, use_cached_features
from .load_cached_feature import LoadCachedFeature
from .saliency_weight_hook import SaliencyWeightHook, choose_saliency_weight

__all__ = [
    'LoadCachedFeature',
    'SaliencyWeightHook',
    'cached_where_possible',
    'choose_saliency_weight',
    'is_cached',
    'refusal',
    'use_cached_features',
]
