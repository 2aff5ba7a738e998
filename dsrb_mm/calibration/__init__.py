"""From logits to calibrated probabilities and decisions, learnt on held-out known labels."""

from .cross_validation import OutOfFold, cross_validate
from .fitting import fit_calibration
from .labels import count_unknown_as_absent
from .logistic import fit_scale_and_bias
from .record import BEST_F1, META_KEY, NEVER, Calibration, image_keys, logits_of
from .reliability import Reliability, reliability
from .thresholds import f1_thresholds

__all__ = [
    'BEST_F1',
    'META_KEY',
    'NEVER',
    'Calibration',
    'OutOfFold',
    'Reliability',
    'count_unknown_as_absent',
    'cross_validate',
    'f1_thresholds',
    'fit_calibration',
    'fit_scale_and_bias',
    'image_keys',
    'logits_of',
    'reliability',
]
