"""The file names in a checkpoint, reduced to files that a training may remove."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from reprlib import repr as shortened
from string import Formatter
from typing import Any

OUTDATED = 'outdated_ckpts'
_KEPT = 'keep_ckpt_ids'
_BEST = 'best_ckpt'


def take_records(info: MutableMapping[str, Any]) -> dict[str, Any]:
    """Remove the entries that name checkpoint files from ``runtime_info``, and return them."""
    names = [key for key in info if key in (OUTDATED, _KEPT, 'last_ckpt') or key.startswith(_BEST)]
    return {key: info.pop(key) for key in names}


class CheckpointNames:
    """The names that a checkpoint hook gives to its files.

    Args:
        template: ``filename_tmpl`` of the hook.
        indicators: Metrics by which it chooses best checkpoints. If there is none, or the first
            validation chooses it ('auto'), the best checkpoints of any metric count.
    """

    def __init__(self, template: str, indicators: Sequence[str] = ()) -> None:
        parts = Formatter().parse(template)
        numbered = ''.join(re.escape(t) + ('' if f is None else '[0-9]+') for t, f, _, _ in parts)
        metrics = '|'.join(re.escape(name.replace('/', '_')) for name in indicators)
        if not indicators or 'auto' in indicators:
            metrics = '[^/]+'
        self._best = re.compile(f'best_(?:{metrics})_{numbered}')
        self._numbered = re.compile(numbered)

    def is_best(self, name: str) -> bool:
        """Whether it is the name of a best checkpoint."""
        return self._best.fullmatch(name) is not None

    def is_any(self, name: str) -> bool:
        """Whether it is the name of a best checkpoint or of one with a number."""
        return self.is_best(name) or self._numbered.fullmatch(name) is not None


def set_aside(folder: Path, names: CheckpointNames, target: Path) -> list[str]:
    """Move the checkpoints of an earlier training out of the way of a new one.

    Args:
        folder: Folder of the checkpoints.
        names: Their names.
        target: Folder to move them to; made if there are any.

    Returns:
        Names of the files that were moved.
    """
    found = sorted(
        path.name
        for path in folder.glob('*')
        if names.is_any(path.name) and path.is_file() and not path.is_symlink()
    )
    for name in found:
        target.mkdir(exist_ok=True)
        os.replace(folder / name, target / name)
    return found


class RecordedFiles:
    """What the checkpoint that a training is resumed from says about files, checked.

    A checkpoint may come from a copied folder, from another training or from a stranger, and
    whatever it names would be removed sooner or later. Only names that the checkpoint hook itself
    gives to its files are used, and only for regular files in the hook's folder. All else is
    ignored and reported.

    Args:
        recorded: What :func:`take_records` returned.
        names: Names of the checkpoints.
        step: Epoch or iteration of the checkpoint; no file has a higher number.
        find: Returns the path of a regular file in the hook's folder, None if there is none of that
            name.

    Attributes:
        best: Path of each best checkpoint, by the name of its entry.
        kept: Numbers of the checkpoints there are, oldest first.
        outdated: Names of checkpoints that had to go, unless a kill prevented it.
        ignored: What was ignored and why, as messages.
    """

    def __init__(
        self,
        recorded: dict[str, Any],
        names: CheckpointNames,
        step: int,
        find: Callable[[str], str | None],
    ) -> None:
        self._names, self._step, self._find = names, step, find
        self.best: dict[str, str] = {}
        self.kept: list[int] = []
        self.outdated: list[str] = []
        self.ignored: list[str] = []
        for key, value in recorded.items():
            if key == _KEPT:
                self._take_kept(value)
            elif key == OUTDATED:
                self._take_outdated(value)
            elif key.startswith(_BEST):
                self._take_best(key, value)

    def _take_kept(self, value: Any) -> None:
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if type(item) is int and 0 <= item <= self._step:  # type(): True is an int, too
                self.kept.append(item)
            else:
                self._ignore(_KEPT, item, f'expected integers from 0 to {self._step}')

    def _take_outdated(self, value: Any) -> None:
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(item, str) and self._names.is_any(item):
                self.outdated.append(item)
            else:
                self._ignore(OUTDATED, item, 'expected names of checkpoints, without a folder')

    def _take_best(self, key: str, value: Any) -> None:
        # The folder may have been copied or moved since: the file of that name in this folder.
        name = os.path.basename(value) if isinstance(value, str) else ''
        if not self._names.is_best(name):
            self._ignore(key, value, 'expected the name of a best checkpoint')
        elif path := self._find(name):
            self.best[key] = path
        else:
            self._ignore(key, value, f'{name} is not a regular file beside it')

    def _ignore(self, key: str, value: Any, reason: str) -> None:
        self.ignored.append(f'ignored {key} = {shortened(value)} of the checkpoint: {reason}')
