"""Argument validation for classes that are built from configs."""

from __future__ import annotations

import math
import os
from numbers import Integral, Real
from reprlib import repr as short_repr
from typing import Any

# More channels or categories than any machine holds: a slip such as 1e9 is named, not allocated.
MAX_SIZE = 2**20


def check_int(name: str, value: Any, low: int = 0, high: int | None = None) -> int:
    """Check an integer and return it; numpy's integers are welcome, bool is not.

    Args:
        name: Name of the argument, for the message.
        value: What was given.
        low: Lowest value allowed.
        high: Highest value allowed; None: any.

    Raises:
        TypeError: Not an integer.
        ValueError: Out of range.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f'expected {name} to be an integer, but got {short_repr(value)}')
    number = int(value)
    if number < low or (high is not None and number > high):
        wanted = f'from {low} to {high}'
        if high is None:
            wanted = f'at least {low}' if low else '0 or more'
        raise ValueError(f'expected {name} to be {wanted}, but got {short_repr(value)}')
    return number


def check_size(name: str, value: Any) -> int:
    """Check a number of categories or channels: an integer from 1 to ``MAX_SIZE``.

    Raises:
        TypeError: Not an integer.
        ValueError: Out of range.
    """
    return check_int(name, value, 1, MAX_SIZE)


def check_sizes(**values: Any) -> None:
    """Check several numbers of categories or channels, given by name.

    Raises:
        TypeError: One is not an integer.
        ValueError: One is out of range.
    """
    for name, value in values.items():
        check_size(name, value)


def check_number(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> Any:
    """Check a finite real number within bounds, and return it as given.

    Raises:
        TypeError: Not a real number.
        ValueError: Out of range, nan or infinite.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f'expected {name} to be a number, but got {short_repr(value)}')
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (math.isfinite(number) and low <= number <= high):
        if math.isfinite(low) and math.isfinite(high):
            wanted = f'to lie in [{low:g}, {high:g}]'
        else:
            wanted = f'to be {low:g} or more' if math.isfinite(low) else 'to be finite'
        raise ValueError(f'expected {name} {wanted}, but got {short_repr(value)}')
    return value


def check_flag(name: str, value: Any) -> bool:
    """Check a switch: a bool, not the string that a command line may have made of it.

    Raises:
        TypeError: Not a bool.
    """
    if not isinstance(value, bool):
        raise TypeError(f'expected {name} to be True or False, but got {short_repr(value)}')
    return value


def check_text(name: str, value: Any, optional: bool = False) -> str | None:
    """Check a string.

    Args:
        name: Name of the argument, for the message.
        value: What was given.
        optional: Whether None is welcome too.

    Raises:
        TypeError: Not a string.
    """
    if not isinstance(value, str) and not (optional and value is None):
        wanted = 'a str or None' if optional else 'a str'
        raise TypeError(f'expected {name} to be {wanted}, but got {short_repr(value)}')
    return value


def check_path(name: str, value: Any) -> str:
    """Check the path of a file or folder, which need not exist, and return it as text.

    Raises:
        TypeError: Neither a string nor a path.
        ValueError: A name that no file can have.
    """
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f'expected {name} to be a path, but got {short_repr(value)}')
    text = os.fspath(value)
    try:
        valid = b'\0' not in os.fsencode(text)
    except UnicodeEncodeError:
        valid = False
    if not valid:
        raise ValueError(f'expected {name} to be the name of a file, but got {text!a}')
    return text


def read_probability(text: str) -> float | None:
    """The number from 0 to 1 that a text states; None if it states something else.

    Example:
        >>> read_probability('0.5'), read_probability('2'), read_probability('nan')
        (0.5, None, None)
    """
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None
