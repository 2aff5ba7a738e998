"""Carrying a sweep out: skip what is finished, resume what was cut off, survive what fails."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from dsrb_mm.datasets.config_data import has_split
from dsrb_mm.fileio.config_file import read_config_file
from dsrb_mm.sweep.known_labels import parse_options
from dsrb_mm.sweep.plan import Launch, Run
from dsrb_mm.sweep.processes import RunFailed, end_leftovers, run_command
from dsrb_mm.sweep.state import (
    MAP,
    last_checkpoint,
    load_metrics,
    read_metrics,
    read_state,
    write_state,
)


def check_data(runs: Sequence[Run]) -> None:
    """Build the data sets of every config once, before hours of runs that would all fail.

    Raises:
        FileNotFoundError: Data is missing; the message says where it comes from.
        ValueError: It does not fit the config.
    """
    for run in {(run.config, run.options): run for run in reversed(runs)}.values():
        if read_metrics(run) is None:
            cfg = read_config_file(run.config)
            cfg.merge_from_dict(
                parse_options([*run.known.options(run.replaces_known), *run.options])
            )
            init_default_scope(cfg.get('default_scope') or 'mmpretrain')
            for split in ('train', 'test'):
                if has_split(cfg, split):
                    DATASETS.build(cfg[f'{split}_dataloader']['dataset'])


def execute(run: Run, launch: Launch, tools: Path) -> None:
    """Train (or resume) and test one run.

    Args:
        run: The run.
        launch: How its processes start.
        tools: Folder of train.py and test.py.

    Raises:
        RunFailed: Training or test failed; ``run.json`` says so too.
        OSError: A file of the run cannot be written; likewise.
        ValueError: The folder holds a run with other settings.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    end_leftovers(run.folder)  # of a sweep that was killed
    trained = bool(read_state(run).get('trained'))
    try:
        checkpoint = last_checkpoint(run.folder)
        if not trained or checkpoint is None:
            trained = False
            write_state(run, trained)
            arguments = run.train_arguments(resume=checkpoint is not None)
            command = launch.command(tools / 'train.py', arguments)
            run_command(command, run.folder / 'train.log', run.folder)
            trained = True
            write_state(run, trained)
        _test(run, launch, tools)
    except (RunFailed, OSError) as error:
        write_state(run, trained, str(error))
        raise


def _test(run: Run, launch: Launch, tools: Path) -> None:
    checkpoint = last_checkpoint(run.folder)
    if run.checkpoint == 'best':
        found = sorted(run.folder.glob('best_*.pth'), key=lambda path: path.stat().st_mtime)
        checkpoint = found[-1] if found else None
    if checkpoint is None:
        raise RunFailed(f'the training has left no {run.checkpoint} checkpoint in {run.folder}')
    out = run.folder / 'metrics.unfinished.json'
    out.unlink(missing_ok=True)
    test = launch.command(tools / 'test.py', run.test_arguments(str(checkpoint), out))
    run_command(test, run.folder / 'test.log', run.folder)
    try:
        load_metrics(out)
    except (FileNotFoundError, ValueError) as error:
        raise RunFailed(f'the test gave no metrics: {error}') from error
    os.replace(out, run.metrics_file)


def run_sweep(
    runs: Sequence[Run],
    carry_out: Callable[[Run], None],
    console: Console,
    after_run: Callable[[], object] = lambda: None,
    announce: bool = True,
) -> dict[Path, str]:
    """Carry out all runs that are not finished; one that fails does not stop the others.

    Args:
        runs: The plan.
        carry_out: Trains and tests a run (:func:`execute`).
        console: For progress and messages.
        after_run: Called before the first run and after each, for a report of what there is so far:
            one that cannot be written is found out before hours of training.
        announce: Whether a line is printed when a run starts, beside the one when it ends.

    Returns:
        Message of every failed run, by its folder.

    Raises:
        ValueError: A folder holds a run with other settings, or a damaged file; nothing has been
            run then.
    """
    todo = [run for run in runs if read_metrics(run) is None]
    done = len(runs) - len(todo)
    after_run()
    console.print(f'{len(runs)} runs, {done} of them finished before')
    failures: dict[Path, str] = {}
    seconds: list[float] = []  # of the runs that went well
    with Progress(*_columns(), console=console) as progress:
        task = progress.add_task('runs', total=len(runs), completed=done, left='?')
        for number, run in enumerate(todo, 1):
            progress.update(task, description=run.name)
            start = time.monotonic()
            if announce:
                text = f'{run.name}: started, logs in {run.folder}'
                console.print(text, markup=False, highlight=False)
            failure = _attempt(run, carry_out)
            if failure is None:
                seconds.append(time.monotonic() - start)
                console.print(f'{_outcome(run)} ({_duration(seconds[-1])})', markup=False)
            else:
                failures[run.folder] = failure
                console.print(f'{run.name} failed', markup=False, style='red')
            after_run()
            progress.update(task, advance=1, left=_left(seconds, len(todo) - number))
    return failures


def _attempt(run: Run, carry_out: Callable[[Run], None]) -> str | None:
    try:
        carry_out(run)
    except (RunFailed, OSError) as error:
        return str(error)
    return None


def _columns() -> list[ProgressColumn]:
    # Rich's own estimate looks at the last half minute only: too short for trainings.
    name = TextColumn('{task.description}', markup=False)
    columns = [name, BarColumn(), MofNCompleteColumn()]
    return [*columns, TimeElapsedColumn(), TextColumn('left: {task.fields[left]}')]


def _outcome(run: Run) -> str:
    return f'{run.name}: mAP {(read_metrics(run) or {})[MAP]:.1f}'


def _left(seconds: Sequence[float], runs: int) -> str:
    return _duration(runs * sum(seconds) / len(seconds)) if seconds else '?'


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
