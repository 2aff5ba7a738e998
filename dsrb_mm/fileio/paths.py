"""Paths as users write them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def user_path(path: str | Path) -> Path:
    """A path with ``~`` expanded; a file that exists under the name as written takes precedence.

    Example:
        >>> user_path('~backup.png')  # no user is called so
        PosixPath('~backup.png')
    """
    path = Path(path)
    with suppress(OSError, ValueError, RuntimeError):  # no such user, a name no file can have
        if not path.exists():
            return path.expanduser()
    return path
