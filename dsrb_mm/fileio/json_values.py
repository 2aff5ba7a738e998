"""Values that JSON knows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def json_value(value: Any, digits: int | None = None) -> Any:
    """Convert to what JSON knows: arrays to lists, and numbers that are not finite to None.

    Args:
        value: Containers, arrays, numbers and texts.
        digits: Significant digits of floats; None keeps all.

    Example:
        >>> json_value(dict(a=np.ones(2), b=float('nan')))
        {'a': [1.0, 1.0], 'b': None}
    """
    if isinstance(value, dict):
        return {key: json_value(item, digits) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return json_value(value.tolist(), digits)
    if isinstance(value, (list, tuple)):
        return [json_value(item, digits) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if digits is None else float(f'{value:.{digits}g}')
    return value
