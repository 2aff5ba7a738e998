"""One process at a time in a folder."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import IO


class FolderLock:
    """Keeps other processes out of a folder until it is released, or the process ends.

    The operating system lets go of it, however the process ends. Processes that are forked
    meanwhile, such as data-loading workers, do not hold it: a killed training can be resumed at
    once, though its workers may live for some seconds. Where the file system has no locks, nothing
    is locked.

    Args:
        folder: The folder, which must exist.
        purpose: What is done in it, for the message of another process.

    Example:
        >>> lock = FolderLock('work_dirs/mine', 'training')
        >>> lock.acquire()
        >>> with FolderLock('work_dirs/features/0123456789abcdef', 'computation'):
        ...     ...  # waits for other processes, and releases it in the end
    """

    def __init__(self, folder: str | Path, purpose: str) -> None:
        self.path = Path(folder) / f'.{purpose}.lock'
        self.purpose = purpose
        self._file: IO[bytes] | None = None

    def __enter__(self) -> FolderLock:
        self.acquire(wait=True)
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def acquire(self, wait: bool = False) -> str:
        """Take the lock.

        Args:
            wait: Whether to wait while another process has it.

        Returns:
            The process that held it and was killed, whose lock no longer counts; ``''`` without
            one.

        Raises:
            BlockingIOError: Another process has it; the message names it.
        """
        file = self.path.open('a+b')
        file.seek(0)
        holder = file.read(200).decode('utf-8', errors='replace')
        holder = ''.join(letter if letter.isprintable() else '?' for letter in holder)
        try:
            # Not flock, which forked processes would hold on to.
            fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            file.close()
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                return ''
            raise BlockingIOError(
                f'another {self.purpose} is at work in {self.path.parent}: {holder or "unknown"}; '
                'wait for it, end it, or choose another folder'
            ) from error
        self._file = file
        with suppress(OSError):  # a full disk: others are kept out all the same
            file.truncate(0)
            file.write(f'process {os.getpid()} on {socket.gethostname()}'.encode())
            file.flush()
        return holder

    def release(self) -> None:
        """Give it back; nothing happens without it."""
        if self._file is not None:
            with suppress(OSError):
                self._file.truncate(0)
                self._file.close()
            self._file = None
