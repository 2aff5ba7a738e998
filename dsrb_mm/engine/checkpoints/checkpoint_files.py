"""Checkpoint files: written whole or not at all, checked before they are trusted."""

from __future__ import annotations

import os
import re
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

POINTER = 'last_checkpoint'
_NUMBERED = re.compile(r'(?!best_)(?P<prefix>.*?)(?P<number>\d+)\.pth')


class ResumeError(ValueError):
    """A training cannot be resumed from the checkpoint that it should be resumed from."""


class Resumable(NamedTuple):
    """What a training can go on from.

    Attributes:
        path: Newest whole checkpoint, None if there is none.
        rejected: Newer ones and why they cannot be used, as messages.
    """

    path: Path | None
    rejected: list[str]


def damage(path: Path) -> str | None:
    """What is wrong with a checkpoint file, None if nothing is.

    The whole file is read and compared with the checksums torch has written into it.
    """
    if path.is_dir():
        return None  # some strategies write folders, which only they can judge
    if not path.is_file():
        return 'does not exist'
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    # The directory of a zip file, which torch writes, stands at its end. One changed byte in it can
    # ask for encryption or any compression, which fail in their own ways.
    except Exception as error:
        return f'is cut off or no checkpoint ({error}, {path.stat().st_size} bytes)'
    return None if broken is None else f'is damaged (wrong checksum of {broken})'


def find_resumable(folder: Path) -> Resumable:
    """Newest whole checkpoint of a training.

    The one that ``last_checkpoint`` names comes first, as MMEngine has it. If it cannot be used,
    the others of its series follow, newest first; likewise if the file names none, which happens
    when a kill comes before its first writing.

    Args:
        folder: Work directory of the training.
    """
    rejected: list[str] = []
    named = None
    try:
        named = _pointed_to(folder / POINTER)
    except ValueError as error:
        rejected.append(str(error))
    for path in _candidates(folder, named):
        wrong = damage(path)
        if wrong is None:
            return Resumable(path, rejected)
        rejected.append(f'{path} {wrong}')
    return Resumable(None, rejected)


def _pointed_to(pointer: Path) -> Path | None:
    """The file it names, which need not exist; None if it names none."""
    if not pointer.is_file():
        return None
    try:
        name = pointer.read_text(encoding='utf-8').strip()
        if len(name.splitlines()) > 1:
            raise ValueError('more than one line')
        with suppress(FileNotFoundError, NotADirectoryError):
            os.stat(name)  # what no file can be called fails otherwise
    except (OSError, ValueError) as error:
        reason = getattr(error, 'strerror', None) or error
        raise ValueError(f'expected {pointer} to name a file, but got: {reason}') from error
    return Path(name) if name else None


def _candidates(folder: Path, named: Path | None) -> list[Path]:
    series, most = ('epoch_', 'iter_'), float('inf')
    folders = {folder.resolve(): folder}
    if named is not None:
        folders.setdefault(named.parent.resolve(), named.parent)
        match = _NUMBERED.fullmatch(named.name)
        if match:  # a later one would be of an older training in the same folder
            series, most = (match['prefix'],), int(match['number'])  # type: ignore[assignment]
    numbered: list[tuple[int, Path]] = []
    for place in folders.values():
        for path in place.glob('*.pth'):
            match = _NUMBERED.fullmatch(path.name)
            if match and match['prefix'] in series and int(match['number']) <= most:
                numbered.append((int(match['number']), path))
    found = [path for _, path in sorted(numbered, reverse=True)]
    if named is not None:
        # A folder that was moved or copied has its own file of that name.
        own = folder / named.name
        found = [*([own] if own.exists() else []), named, *found]
    unique: dict[Path, Path] = {}
    for path in found:
        unique.setdefault(path.resolve(), path)
    return list(unique.values())
