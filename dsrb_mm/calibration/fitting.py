"""A calibration from held-out logits and labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from dsrb_mm.calibration.labels import check_held_out, count_unknown_as_absent
from dsrb_mm.calibration.logistic import fit_scale_and_bias
from dsrb_mm.calibration.record import Calibration
from dsrb_mm.calibration.thresholds import f1_thresholds


def fit_calibration(
    logits: ArrayLike,
    labels: ArrayLike,
    image_keys: Sequence[str] = (),
    source: str = 'val',
) -> Calibration:
    """Fit temperature and biases, then thresholds on the calibrated scores.

    A category with known positives only counts as unknown, because every threshold would fit it.
    Where no label at all is known to be absent, unknown ones count as absent, as they do in a
    training on such labels; without unknown ones, nothing changes (T = 1, b = 0, thresholds 0.5).

    Figures on these images with this calibration are optimistic:
    :func:`cross_validate` gives figures that can be reported.

    Args:
        logits: Of images that the model was not trained on.
        labels: 1 present, 0 absent, -1 unknown.
        image_keys: Keys of these images, from :func:`image_keys`.
        source: Name of this set of images.

    Shape:
        logits, labels (N, C).

    Raises:
        ValueError: Wrong shapes or values.

    Example:
        >>> fit_calibration(logits, labels).thresholds
        (0.31, 0.27, 0.18)
    """
    z, y = check_held_out(logits, labels)
    counted = count_unknown_as_absent(y)
    used = np.where((counted == 0).any(0), counted, -1)
    temperature, bias = fit_scale_and_bias(z, used)
    thresholds = expit(f1_thresholds(z / temperature + bias, used))
    return Calibration(
        temperature=temperature,
        bias=tuple(bias.tolist()),
        thresholds=tuple(thresholds.tolist()),
        positives=tuple((y == 1).sum(0).tolist()),
        known=tuple((y >= 0).sum(0).tolist()),
        images=len(y),
        source=source,
        image_keys=tuple(image_keys),
    )
