"""What a sweep keeps on disk: its lock, and how far each run is."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dsrb_mm.utils.checkpoint_files import POINTER, find_resumable, write_atomically

from .plan import Run

MAP = 'multi-label/mAP'
_SHOWN = 5  # settings named where two runs differ


@contextmanager
def locked(work_dir: Path) -> Iterator[str]:
    """Hold the sweep folder; the operating system lets go when the process ends, however it does.

    Yields:
        Who held it and was killed (a stale lock, which hinders nobody), or ``''``.

    Raises:
        BlockingIOError: Another sweep is at work there; the message names its process.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    with (work_dir / '.lock').open('a+', encoding='utf-8') as file:
        file.seek(0)
        holder = file.read().strip()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BlockingIOError(
                f'another sweep is at work in {work_dir}: {holder}; wait for it, end it, or choose '
                'another --work-dir'
            ) from error
        file.truncate(0)
        file.write(f'process {os.getpid()} on {socket.gethostname()}')
        file.flush()
        yield holder
        file.truncate(0)


def write_text(path: Path, text: str) -> None:
    """Write a file in one step: a reader, or a kill, never meets half of it."""
    write_atomically(path, text.encode())


def read_state(run: Run) -> dict:
    """What the folder of a run tells about it: ``trained``, ``error``; empty if not begun.

    Raises:
        ValueError: The folder holds something else, such as a run with other settings.
    """
    path = run.folder / 'run.json'
    if not path.is_file():
        if run.metrics_file.exists() or (run.folder / 'last_checkpoint').exists():
            raise ValueError(
                f'expected {run.folder} to be empty or to hold a run of a sweep, but got a '
                'training without run.json: choose another --work-dir'
            )
        return {}
    state = json.loads(path.read_text(encoding='utf-8'))
    if state['fingerprint'] != run.fingerprint:
        changes = _differences(state.get('settings', {}), run.settings)
        more = f' and {len(changes) - _SHOWN} more' if len(changes) > _SHOWN else ''
        raise ValueError(
            f'expected {run.folder} to hold a run with the settings of this sweep, but got one '
            f'with others ({", ".join(changes[:_SHOWN])}{more}): give the same config and '
            'options, choose another --work-dir, or remove the folder'
        )
    return state


def write_state(run: Run, trained: bool, error: str | None = None) -> None:
    """Note how far a run is, and with which settings."""
    content = dict(fingerprint=run.fingerprint, proportion=run.proportion, seed=run.seed)
    content |= dict(trained=trained, error=error, settings=run.settings)
    write_text(run.folder / 'run.json', json.dumps(content, indent=1))


def read_metrics(run: Run) -> dict | None:
    """Metrics of a finished run, None of any other.

    Raises:
        ValueError: The folder holds a run with other settings.
    """
    read_state(run)
    if not run.metrics_file.is_file():
        return None
    return json.loads(run.metrics_file.read_text(encoding='utf-8'))


def status(run: Run) -> str:
    """``'finished'``, ``'failed'``, ``'unfinished'`` (running, or cut off) or ``'missing'``."""
    state = read_state(run)
    if run.metrics_file.is_file():
        return 'finished'
    return ('failed' if state['error'] else 'unfinished') if state else 'missing'


def last_checkpoint(folder: Path) -> Path | None:
    """Newest whole checkpoint of a training, None without one.

    ``last_checkpoint`` is made to name it: a moved folder leaves it pointing elsewhere.
    """
    pointer = folder / POINTER
    found = find_resumable(folder).path
    if found is None:
        pointer.unlink(missing_ok=True)
    elif not pointer.is_file() or pointer.read_text(encoding='utf-8').strip() != str(found):
        write_text(pointer, str(found))
    return found


def _differences(old: Any, new: Any, key: str = '') -> list[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = sorted({*old, *new})
        return [d for k in keys for d in _differences(old.get(k), new.get(k), f'{key}.{k}')]
    return [] if old == new else [f'{key[1:]}: {old!r}, now {new!r}']
