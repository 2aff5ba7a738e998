"""Child processes that end with the sweep, whatever ends it."""

from __future__ import annotations

import ctypes
import functools
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_LOG_TAIL = 12  # lines of a failed run's log that are shown
_TAIL_BYTES = 20_000
_GRACE = 20.0  # seconds a child has to end by itself, torchrun with its workers
# In the environment of everything a run starts, however deep: torchrun's workers have sessions of
# their own and outlive a killed torchrun.
_MARK = 'DSRB_MM_SWEEP_RUN'
_LIBC = ctypes.CDLL(None) if sys.platform == 'linux' else None  # not to be loaded after a fork


class RunFailed(RuntimeError):
    """A training or test of the sweep ended with an error."""


def run_command(command: Sequence[str], log: Path, folder: Path) -> None:
    """Run a command, its output appended to a log, and leave none of its processes behind.

    Args:
        command: Program and arguments.
        log: File for the command line and everything printed.
        folder: Folder of the run, by which its processes are known.

    Raises:
        RunFailed: Exit code other than 0; the end of the log is in the message.
    """
    with log.open('a', encoding='utf-8') as file:
        file.write(f'$ {shlex.join(command)}\n')
        file.flush()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ | {_MARK: str(folder.resolve())},
            preexec_fn=functools.partial(_die_with_parent, os.getpid()),
            start_new_session=True,  # Ctrl-C reaches the sweep only, which then ends the child
        )
        try:
            code = process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            end_leftovers(folder)
    if code:
        raise RunFailed('\n'.join([f'exit code {code}, end of {log}:', *_tail(log)]))


def end_leftovers(folder: Path) -> None:
    """Kill what an earlier or ended command of a run has left (on Linux; elsewhere nothing).

    Args:
        folder: Folder of the run.
    """
    for _ in range(50):
        left = _marked(folder)
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:  # gone meanwhile
                continue
        time.sleep(0.1)


def _marked(folder: Path) -> list[int]:
    mark = f'{_MARK}={folder.resolve()}'.encode()
    found = []
    for entry in Path('/proc').glob('[0-9]*'):
        try:
            environment = (entry / 'environ').read_bytes()
        except OSError:  # gone, or another user's
            continue
        if mark in environment.split(b'\0') and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(_GRACE)
    finally:  # too slow, or a second Ctrl-C
        process.kill()
        process.wait()


def _die_with_parent(parent: int) -> None:
    """In the child: ask Linux for SIGTERM when the sweep is killed, so that no orphan trains on."""
    if _LIBC is not None:
        _LIBC.prctl(1, signal.SIGTERM)  # 1: PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it was killed before we asked
            os._exit(1)


def _tail(log: Path) -> list[str]:
    with log.open('rb') as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        return file.read().decode('utf-8', errors='replace').splitlines()[-_LOG_TAIL:]
