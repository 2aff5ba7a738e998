"""Writing a file in one step: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

# Suffix of files being written; no pattern for checkpoints matches it.
UNFINISHED = '.unfinished'


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file in one step: a reader, a kill or a full disk never leaves half of it.

    Args:
        path: File to write.
        data: Its content.

    Raises:
        OSError: The file cannot be written (disk full, read-only ...); the old one is intact.
    """
    with open_atomically(path) as file:
        file.write(data)


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its place in one step, when the block ends without error.

    The data goes to a file beside it, is forced to the disk, and then takes the place of the old
    file, which stays as it is until then.

    Args:
        path: File to write.

    Raises:
        OSError: The file cannot be written (disk full, read-only ...); the old one is intact.

    Example:
        >>> with open_atomically(Path('numbers.bin')) as file:
        ...     for part in parts:
        ...         file.write(part)
    """
    unfinished = path.with_name(f'{path.name}.{os.getpid()}{UNFINISHED}')
    try:
        with unfinished.open('wb') as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException as error:
        with suppress(OSError):  # what matters is why it could not be written
            unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            # Errors while writing do not name the file.
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Force the new name to the disk as well."""
    with suppress(OSError):  # some file systems cannot; the file itself is safe
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_unfinished(folder: Path) -> list[Path]:
    """Remove what writing that was cut off has left; returns what was removed."""
    found = sorted(path for path in folder.glob(f'*{UNFINISHED}') if path.is_file())
    for path in found:
        path.unlink(missing_ok=True)
    return found
