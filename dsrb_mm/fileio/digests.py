"""Whether a file is still the one that it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO


def file_digests(paths: Iterable[str | Path]) -> dict[str, str]:
    """A short checksum of every file, by its name as given.

    Example:
        >>> file_digests(['data/csv/labels.csv'])
        {'data/csv/labels.csv': '9f86d081884c7d65'}

    Raises:
        OSError: A file cannot be read.
    """
    found = {}
    for path in paths:
        with open(path, 'rb') as file:
            found[str(path)] = _digest(file)
    return found


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()  # file_digest() came with Python 3.11
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()[:16]
