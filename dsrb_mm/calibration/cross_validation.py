"""Calibrated probabilities and decisions of images that their calibration has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dsrb_mm.calibration.fitting import fit_calibration
from dsrb_mm.calibration.labels import check_held_out, count_unknown_as_absent

FOLDS = 5


@dataclass(frozen=True)
class OutOfFold:
    """What :func:`cross_validate` found.

    Attributes:
        probabilities: Calibrated probabilities, (N, C).
        predicted: Decisions, (N, C) bool.
        thresholds: Threshold of each decision, (N, C).
    """

    probabilities: NDArray[np.float64]
    predicted: NDArray[np.bool_]
    thresholds: NDArray[np.float64]


def cross_validate(
    logits: ArrayLike, labels: ArrayLike, folds: int = FOLDS, seed: int = 0
) -> OutOfFold:
    """Calibrate each part of the images by a calibration fitted on the other parts.

    Use it to report figures on the only held-out set: no image's labels influence its own
    probabilities or decisions.

    Args:
        logits: Of images that the model was not trained on.
        labels: 1 present, 0 absent, -1 unknown; see :func:`fit_calibration`.
        folds: Number of parts, at most one per image.
        seed: Seed of the random parts; the same seed gives the same parts.

    Shape:
        logits, labels (N, C).

    Raises:
        ValueError: Wrong shapes or values, or ``folds`` below 2.
    """
    z, y = check_held_out(logits, labels)
    y = count_unknown_as_absent(y)
    if folds < 2:
        raise ValueError(f'expected folds to be at least 2, but got {folds}')
    part = np.random.default_rng(seed).permutation(len(z)) % folds
    probabilities = np.empty(z.shape)
    predicted = np.empty(z.shape, bool)
    thresholds = np.empty(z.shape)
    for fold in np.unique(part):
        here = part == fold
        calibration = fit_calibration(z[~here], y[~here])
        probabilities[here] = calibration.probabilities(z[here])
        predicted[here] = calibration.predict(probabilities[here])
        thresholds[here] = calibration.thresholds
    return OutOfFold(probabilities, predicted, thresholds)
