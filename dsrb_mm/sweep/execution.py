"""Carrying a sweep out: skip what is finished, resume what was cut off, survive what fails."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from .plan import Launch, Run

_LOG_TAIL = 12  # lines of a failed run's log that are shown


class RunFailed(RuntimeError):
    """A training or test of the sweep ended with an error."""


@contextmanager
def locked(work_dir: Path) -> Iterator[None]:
    """Hold the sweep folder; the operating system lets go when the process ends, however it does.

    Raises:
        BlockingIOError: Another sweep is at work there.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    with (work_dir / '.lock').open('w') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BlockingIOError(f'another sweep is at work in {work_dir}') from error
        yield


def read_metrics(run: Run) -> dict | None:
    """Metrics of a finished run, None of any other.

    Raises:
        ValueError: The folder holds a run with other settings.
    """
    settings = run.folder / 'run.json'
    if settings.is_file():
        found = json.loads(settings.read_text(encoding='utf-8'))['fingerprint']
        if found != run.fingerprint:
            raise ValueError(
                f'expected {run.folder} to hold a run with the settings of this sweep, but got one '
                'with others (config or options changed): choose another --work-dir, or remove it'
            )
    if not run.metrics_file.is_file():
        return None
    return json.loads(run.metrics_file.read_text(encoding='utf-8'))


def _die_with_parent() -> None:
    """Ask Linux to end this child when the sweep is killed, so that no orphan trains on."""
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1: PR_SET_PDEATHSIG


def run_command(command: Sequence[str], log: Path) -> None:
    """Run a command, its output appended to a log.

    Raises:
        RunFailed: Exit code other than 0; the end of the log is in the message.
    """
    with log.open('a', encoding='utf-8') as file:
        code = subprocess.run(
            command, stdout=file, stderr=subprocess.STDOUT, preexec_fn=_die_with_parent, check=False
        ).returncode
    if code:
        tail = log.read_text(encoding='utf-8', errors='replace').splitlines()[-_LOG_TAIL:]
        raise RunFailed('\n'.join([f'exit code {code}, end of {log}:', *tail]))


def execute(run: Run, launch: Launch, tools: Path, which: str = 'last') -> None:
    """Train (or resume) and test one run.

    Args:
        run: The run.
        launch: How its processes start.
        tools: Folder of train.py and test.py.
        which: Checkpoint to test: ``'last'``, or ``'best'`` by mAP on the validation set.

    Raises:
        RunFailed: Training or test failed.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    _write(run.folder / 'run.json', dict(fingerprint=run.fingerprint, proportion=run.proportion))
    run_command(launch.command(tools / 'train.py', run.train_arguments()), run.folder / 'train.log')
    if which == 'best':
        best = sorted(run.folder.glob('best_*.pth'))
        if not best:
            raise RunFailed(f'no best_*.pth in {run.folder}: does the config save the best?')
        checkpoint = str(best[-1])
    else:
        checkpoint = (run.folder / 'last_checkpoint').read_text(encoding='utf-8').strip()
    out = run.folder / 'metrics.unfinished.json'
    test = launch.command(tools / 'test.py', run.test_arguments(checkpoint, out))
    run_command(test, run.folder / 'test.log')
    os.replace(out, run.metrics_file)


def _write(path: Path, content: dict) -> None:
    unfinished = path.with_suffix('.tmp')
    unfinished.write_text(json.dumps(content), encoding='utf-8')
    os.replace(unfinished, path)


def run_sweep(
    runs: Sequence[Run], carry_out: Callable[[Run], None], console: Console
) -> dict[Path, str]:
    """Carry out all runs that are not finished; one that fails does not stop the others.

    Args:
        runs: The plan.
        carry_out: Trains and tests a run (:func:`execute`).
        console: For progress and messages.

    Returns:
        Message of every failed run, by its folder.
    """
    todo = [run for run in runs if read_metrics(run) is None]
    console.print(f'{len(runs)} runs, {len(runs) - len(todo)} of them finished before')
    failures: dict[Path, str] = {}
    columns = (TextColumn('{task.description}'), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task('sweep', total=len(runs), completed=len(runs) - len(todo))
        for run in todo:
            name = f'{run.method} {100 * run.proportion:g} % seed {run.seed}'
            progress.update(task, description=name)
            try:
                carry_out(run)
                console.print(f'{name}: mAP {(read_metrics(run) or {})["multi-label/mAP"]:.1f}')
            except (RunFailed, OSError, KeyError) as error:
                failures[run.folder] = str(error)
                console.print(f'[red]{name} failed[/]: {error}', highlight=False)
            progress.advance(task)
    return failures
