"""Storage of checkpoints on a local disk that is never left without one."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from dsrb_mm.fileio.atomic import write_atomically

ATOMIC = 'dsrb_mm.atomic'


class AtomicBackend(LocalBackend):
    """MMEngine's local backend, writing whole files, and removing files late and folders never.

    MMEngine writes checkpoints in place, and removes the old one before it writes the new one.
    Here :meth:`remove` only notes what is to go, and :meth:`remove_outdated` does it once the new
    one is on the disk.
    """

    def __init__(self) -> None:
        self.outdated: list[str] = []

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write a file in one step.

        Raises:
            OSError: It cannot be written; a file of that name is as it was.
        """
        path = Path(filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write_atomically(path, obj)
        except OSError as error:
            reason = f'{error.strerror} (older checkpoints are whole; --resume goes on from there)'
            raise OSError(error.errno, reason, str(path)) from error

    def isfile(self, filepath: str | Path) -> bool:
        """Whether it is a regular file; a symbolic link is none."""
        return os.path.isfile(filepath) and not os.path.islink(filepath)

    def remove(self, filepath: str | Path) -> None:
        """Note a file for :meth:`remove_outdated`."""
        self.outdated.append(str(filepath))

    def rmtree(self, dir_path: str | Path) -> None:
        """Leave the folder: MMEngine removes folders that have the name of a checkpoint."""

    def remove_outdated(self, keep: Collection[str]) -> None:
        """Remove the files that were noted, unless they have been written anew meanwhile.

        Args:
            keep: Files that are in use.
        """
        for path in self.outdated:
            if path not in keep and self.isfile(path):
                os.remove(path)
        self.outdated = []


register_backend(ATOMIC, AtomicBackend, force=True)
