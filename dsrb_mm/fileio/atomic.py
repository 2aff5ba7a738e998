"""Write files in one step: whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

# Suffix of files being written; no pattern for checkpoints matches it.
UNFINISHED = '.unfinished'


@contextmanager
def open_atomically(path: str | Path, mode: str = 'w', **options: Any) -> Iterator[IO[Any]]:
    """Open a file that gets its name when it is complete.

    The data goes to a file beside it, is forced to the disk when the block ends, and then takes the
    place of the old file. A reader, a kill or a full disk never meets half of it. If the block ends
    with an error, the data is removed and the old file stays as it is.

    Example:
        >>> with open_atomically('scores.csv', newline='') as file:
        ...     csv.writer(file).writerows(rows)

    Args:
        path: File to write, in an existing folder.
        mode: ``'w'`` for text (UTF-8), ``'wb'`` for bytes.
        **options: Further arguments of :func:`open`.

    Raises:
        OSError: The file cannot be written (disk full, read-only ...).
    """
    if 'b' not in mode:
        options.setdefault('encoding', 'utf-8')
    # `x`: no link that was put there is followed.
    with (
        whole_file(path) as unfinished,
        open(unfinished, mode.replace('w', 'x'), **options) as file,
    ):
        yield file


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Have a library write a file in one step that opens its files itself.

    Args:
        path: File to write, in an existing folder.

    Yields:
        Where to write instead. If the block ends with an error, what was written there is removed
        and ``path`` stays as it is; otherwise it takes the place of ``path``.

    Example:
        >>> with whole_file('model.onnx') as unfinished:
        ...     program.save(unfinished)
        ...     check(unfinished)
    """
    path = Path(path)
    # A name that nobody can foresee.
    unfinished = path.with_name(f'{path.name}.{secrets.token_hex(8)}{UNFINISHED}')
    try:
        yield unfinished
        with open(unfinished, 'rb+') as file:
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException as error:
        with suppress(OSError):  # what matters is why it could not be written
            unfinished.unlink(missing_ok=True)
        # Errors while writing name no file, or the unfinished one.
        named = getattr(error, 'filename', None)
        if isinstance(error, OSError) and error.errno and named in (None, str(unfinished)):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    _sync_folder(path.parent)


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write a file with :func:`open_atomically`.

    Args:
        path: File to write.
        data: Its content.

    Raises:
        OSError: The file cannot be written (disk full, read-only ...); the old one is intact.
    """
    with open_atomically(path, 'wb') as file:
        file.write(data)


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
