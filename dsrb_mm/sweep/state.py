"""What a sweep keeps on disk: its lock, and how far each run is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dsrb_mm.engine.checkpoints.checkpoint_files import POINTER, find_resumable
from dsrb_mm.fileio.annotation_files import read_json
from dsrb_mm.fileio.atomic import write_atomically
from dsrb_mm.fileio.locks import FolderLock
from dsrb_mm.sweep.plan import Run

MAP = 'multi-label/mAP'
_SHOWN = 5  # settings named where two runs differ
_MOST = 1e9  # of a metric: results are summed


@contextmanager
def locked(work_dir: Path) -> Iterator[str]:
    """Hold the sweep folder; the operating system lets go when the process ends, however it does.

    Yields:
        The process that held it and was killed, whose lock no longer counts, or ``''``.

    Raises:
        BlockingIOError: Another sweep is at work there; the message names its process.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(work_dir, 'sweep')
    yield lock.acquire()
    lock.release()


def write_text(path: Path, text: str) -> None:
    """Write a file in one step: a reader, or a kill, never meets half of it."""
    write_atomically(path, text.encode())


def read_state(run: Run) -> dict:
    """What the folder of a run tells about it: ``trained``, ``error``; empty if not begun.

    Raises:
        ValueError: The folder holds something else, such as a run with other settings, or
            ``run.json`` is damaged.
    """
    if run.folder.exists() and not run.folder.is_dir():
        raise ValueError(f'expected {run.folder} to be a folder, but got a file')
    path = run.folder / 'run.json'
    if not path.exists():
        if run.metrics_file.exists() or (run.folder / 'last_checkpoint').exists():
            raise ValueError(
                f'expected {run.folder} to be empty or to hold a run of a sweep, but got a '
                'training without run.json: choose another --work-dir'
            )
        return {}
    state = _read_object(path, 'remove the folder to train again')
    error = state.get('error')
    if not isinstance(state.get('fingerprint'), str) or not isinstance(error, str | None):
        raise ValueError(
            f'expected {path} to tell about a run of a sweep, but got keys '
            f'{_printable(str(list(state)))}: remove the folder to train again'
        )
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
    content = dict(fingerprint=run.fingerprint, known=run.known.config, seed=run.seed)
    content |= dict(trained=trained, error=error, settings=run.settings)
    write_text(run.folder / 'run.json', json.dumps(content, indent=1))


def read_metrics(run: Run) -> dict | None:
    """Metrics of a finished run, None of any other.

    Raises:
        ValueError: The folder holds a run with other settings, or the file is damaged.
    """
    read_state(run)
    return load_metrics(run.metrics_file) if run.metrics_file.exists() else None


def load_metrics(path: Path) -> dict[str, float]:
    """Metrics by name, mAP among them.

    Raises:
        ValueError: The file holds something else.
    """
    advice = 'remove it to test again'
    metrics = _read_object(path, advice)
    for name, value in metrics.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or abs(value) > _MOST or not name.isprintable():
            raise ValueError(
                f'expected {path} to hold numbers by name, but got '
                f'{_printable(f"{name!r}: {value!r}")}: {advice}'
            )
    if MAP not in metrics:
        raise ValueError(
            f'expected {path} to hold {MAP}, but got {_printable(str(sorted(metrics)))}: {advice}'
        )
    return metrics


def status(run: Run) -> str:
    """``'finished'``, ``'failed'``, ``'unfinished'`` (running, or cut off) or ``'missing'``."""
    state = read_state(run)
    if run.metrics_file.exists():
        return 'finished'
    return ('failed' if state.get('error') else 'unfinished') if state else 'missing'


def last_checkpoint(folder: Path) -> Path | None:
    """Newest whole checkpoint of a training, None without one.

    ``last_checkpoint`` is made to name it: a moved folder leaves it pointing elsewhere.
    """
    pointer = folder / POINTER
    found = find_resumable(folder).path
    if found is None:
        pointer.unlink(missing_ok=True)
    elif not pointer.is_file() or pointer.read_bytes().strip() != str(found).encode():
        write_text(pointer, str(found))
    return found


def _differences(old: Any, new: Any, key: str = '') -> list[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = sorted({*old, *new})
        return [d for k in keys for d in _differences(old.get(k), new.get(k), f'{key}.{k}')]
    # The old ones come from a file.
    return [] if old == new else [f'{_printable(f"{key[1:]}: {old!r}")}, now {new!r}']


def _read_object(path: Path, advice: str) -> dict:
    """A json object; the error of anything else ends with an advice."""
    try:
        content = read_json(path)
    except ValueError as error:
        raise ValueError(f'{error}; {advice}') from error
    if not isinstance(content, dict):
        raise ValueError(
            f'expected {path} to be a json object, but got {type(content).__name__}: {advice}'
        )
    return content


def _printable(text: str) -> str:
    """What of a text fits into one line of a message."""
    text = ''.join(character for character in text if character.isprintable()).strip()
    return text if len(text) <= 200 else f'{text[:200]}...'
