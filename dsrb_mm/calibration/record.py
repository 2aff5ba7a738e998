"""A calibration, as a checkpoint stores it: from logits to probabilities and decisions."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

META_KEY = 'calibration'  # in the checkpoint's ``meta``
BEST_F1 = 'f1'  # the rule of thresholds that training stores
NEVER = 2.0  # threshold of a category that is never predicted: above every probability
_SMALLEST = 1e-7  # a float32 probability nearer to 0 or 1 has no exact logit


@dataclass(frozen=True)
class Calibration:
    r"""Temperature, one bias and one threshold per category.

    .. math::
        p_c = \sigma(z_c / T + b_c), \qquad \text{predicted if } p_c \ge t_c

    Attributes:
        temperature: T > 0, shared by all categories.
        bias: b, (C).
        thresholds: t, calibrated probabilities, (C); :data:`NEVER` where nothing is predicted.
        positives: Held-out images known to show a category, (C).
        known: Held-out images of which the label of a category is known, (C).
        images: Number of held-out images.
        source: Name of these images, such as ``'val'``.
        rule: How thresholds were chosen: ``'f1'`` or ``'precision 0.9'``.
        image_keys: Keys of these images (:func:`image_keys`), by which a test recognises them.

    Raises:
        ValueError: A number that is not finite or out of range, or lists of different lengths.

    Example:
        >>> calibration = fit_calibration(logits, labels)
        >>> calibration.predict(calibration.probabilities(logits))  # (N, C) bool
    """

    temperature: float
    bias: tuple[float, ...]
    thresholds: tuple[float, ...]
    positives: tuple[int, ...]
    known: tuple[int, ...]
    images: int
    source: str = 'val'
    rule: str = BEST_F1
    image_keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lists = {name: getattr(self, name) for name in ('bias', 'thresholds', 'positives', 'known')}
        lengths = {name: len(values) for name, values in lists.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f'expected one entry per category in each list, but got {lengths}')
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError(f'expected temperature to be positive, but got {self.temperature}')
        if not np.isfinite(self.bias).all():
            raise ValueError('expected bias to be finite')
        if not all(0 <= value <= NEVER for value in self.thresholds):
            raise ValueError(f'expected thresholds from 0 to {NEVER}, but got {self.thresholds}')

    @property
    def num_classes(self) -> int:
        """Number of categories C."""
        return len(self.bias)

    def probabilities(self, logits: ArrayLike) -> NDArray[np.float64]:
        """Calibrated probabilities.

        Shape:
            logits (..., C) -> (..., C), in [0, 1].

        Raises:
            ValueError: Another number of categories.
        """
        values = np.asarray(logits, np.float64)
        if not values.ndim or values.shape[-1] != self.num_classes:
            raise ValueError(
                f'expected logits of {self.num_classes} categories, but got shape {values.shape}'
            )
        return expit(values / self.temperature + np.array(self.bias))

    def predict(self, probabilities: ArrayLike) -> NDArray[np.bool_]:
        """Whether calibrated probabilities reach the thresholds, (..., C) -> (..., C)."""
        return np.asarray(probabilities) >= np.array(self.thresholds)

    @property
    def uncalibrated_thresholds(self) -> tuple[float, ...]:
        """The thresholds for the model's own probabilities: the same decisions, (C)."""
        thresholds = np.array(self.thresholds)
        values = self.temperature * (logit(np.clip(thresholds, 0, 1)) - np.array(self.bias))
        return tuple(np.where(thresholds > 1, NEVER, expit(values)).tolist())

    def with_thresholds(self, thresholds: Sequence[float], rule: str) -> Calibration:
        """Return the same calibration with other thresholds."""
        return replace(self, thresholds=tuple(float(t) for t in thresholds), rule=rule)

    def shares_images(self, keys: Iterable[str]) -> bool:
        """Tell whether it was fitted on one of these images."""
        return not set(self.image_keys).isdisjoint(keys)

    def flatters(self, keys: Iterable[str]) -> bool:
        """Tell whether figures on these images have to be cross-validated.

        So they have where the thresholds of the best F1 were fitted on them. Thresholds that a user
        has chosen are what is to be measured.
        """
        return self.rule == BEST_F1 and self.shares_images(keys)

    def to_dict(self) -> dict[str, Any]:
        """Plain containers, for a checkpoint or JSON."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Calibration:
        """Read what :meth:`to_dict` gave, from a file that need not be trusted.

        Raises:
            ValueError: The data is not a calibration.
        """
        try:
            return cls(
                temperature=float(content['temperature']),
                bias=tuple(float(value) for value in content['bias']),
                thresholds=tuple(float(value) for value in content['thresholds']),
                positives=tuple(int(value) for value in content['positives']),
                known=tuple(int(value) for value in content['known']),
                images=int(content['images']),
                source=str(content['source']),
                rule=str(content['rule']),
                image_keys=tuple(str(key) for key in content['image_keys']),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f'expected a calibration, but got: {error!r}') from error


def image_keys(paths: Iterable[str]) -> tuple[str, ...]:
    """Make short keys of images from name and folder, so that a data set may be moved."""
    names = ('/'.join(PurePath(path).parts[-2:]) for path in paths)
    return tuple(hashlib.sha256(name.encode(errors='replace')).hexdigest()[:12] for name in names)


def logits_of(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Logits of probabilities, for models that give no logits; 0 and 1 become about -16 and 16."""
    return logit(np.clip(np.asarray(probabilities, np.float64), _SMALLEST, 1 - _SMALLEST))
