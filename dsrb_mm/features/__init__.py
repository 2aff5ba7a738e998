"""Feature maps of a frozen backbone, computed once per data set and kept on disk."""

from .cached_config import refusal, use_cached_features
from .feature_store import FeatureStore
from .load_cached_feature import LoadCachedFeature

__all__ = ['FeatureStore', 'LoadCachedFeature', 'refusal', 'use_cached_features']
