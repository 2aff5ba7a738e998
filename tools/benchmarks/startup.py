"""Seconds from the start of a process: imports, ``--help``, and the first training step."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from PIL import Image

from tools.benchmarks.measure import Timing
from tools.benchmarks.rows import Options, Row

ROOT = Path(__file__).resolve().parents[2]
# Runs a program (dsrb, or a file) whose first optimiser step ends the process.
_FIRST_STEP = """
import os, runpy, sys
from mmengine.optim import OptimWrapper
OptimWrapper.update_params = lambda *args, **kwargs: os._exit(0)
sys.argv = sys.argv[1:]
program = sys.argv[0]
run = runpy.run_path if program.endswith('.py') else runpy.run_module
run(program, run_name='__main__')
"""
_HELP_LIMIT = 0.5
_FIRST_STEP_LIMIT = 15.0


def startup(options: Options) -> Iterator[Row]:
    """Seconds of imports and of ``--help``, and until the first training step."""
    python = [sys.executable]
    imports = {
        f'import {name}': [*python, '-c', f'import {name}']
        for name in (
            *('torch', 'mmpretrain', 'mmpretrain.datasets, mmpretrain.models'),
            'dsrb_mm',
        )
    }
    yield from _rows('imports', imports, options.repeats, None)
    yield from _rows('--help', help_commands(), options.repeats, _HELP_LIMIT)
    with TemporaryDirectory() as folder:
        labels = write_photographs(Path(folder))
        work = f'{folder}/work'
        data = [str(labels), '--images', f'{folder}/images', '--device', 'cpu']
        first = [*python, '-c', _FIRST_STEP]
        commands = {
            'dsrb train': [*first, 'dsrb', 'train', *data, '--work-dir', work, '--overwrite'],
            # The config that dsrb has written there.
            'tools/train.py': [
                *(*first, str(ROOT / 'tools/train.py'), f'{work}/config.py'),
                *('--work-dir', f'{folder}/again', '--cached-features', f'{folder}/features'),
            ],
        }
        yield from _rows('first step, features not cached', commands, 1, None)
        yield from _rows('first step', commands, options.repeats, _FIRST_STEP_LIMIT)


def help_commands() -> dict[str, list[str]]:
    """The command lines of every program's ``--help``, by name."""
    programs = {
        'dsrb': ['-m', 'dsrb'],
        'dsrb train': ['-m', 'dsrb', 'train'],
        **{f'tools/{path.name}': [str(path)] for path in sorted((ROOT / 'tools').glob('*.py'))},
    }
    return {name: [sys.executable, *command, '--help'] for name, command in programs.items()}


def write_photographs(folder: Path, images: int = 60) -> Path:
    """Write noise of the size of a photograph with random labels; returns the CSV of the labels."""
    rng = np.random.default_rng(0)
    lines = ['path,split,a,b,c']
    (folder / 'images').mkdir()
    for i in range(images):
        pixels = rng.integers(0, 256, (480, 640, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f'images/{i:02}.jpg')
        split = ('train', 'train', 'val')[i % 3]
        lines.append(f'{i:02}.jpg,{split},' + ','.join(rng.choice(['1', '0', ''], 3)))
    labels = folder / 'labels.csv'
    labels.write_text('\n'.join(lines) + '\n')
    return labels


def run_seconds(command: Sequence[str]) -> float:
    """Run a command in the repository to its end.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    start = perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return perf_counter() - start


def _rows(
    setting: str,
    commands: Mapping[str, Sequence[str]],
    repeats: int,
    target: float | None,
) -> Iterator[Row]:
    for name, command in commands.items():
        seconds = [run_seconds(command) for _ in range(repeats)]
        timing = Timing(median(seconds), min(seconds), max(seconds))
        yield Row('startup', setting, name, timing, target=target)
