"""Seconds and memory of loading annotations, in a process of its own, and what workers add.

Run as a module it measures one data set and prints the figures as json.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

NUM_WORKERS = 2
_SAMPLES = 20_000  # read by each worker
_ROLLUP = Path('/proc/self/smaps_rollup')


class Loading(NamedTuple):
    """What loading one data set takes.

    Attributes:
        images: Number of images.
        categories: Number of categories.
        seconds: From nothing to a data set with its labels hidden.
        samples: Data infos a second in one worker, labels included.
        baseline: Resident bytes before, with all packages imported.
        peak: Most resident bytes until the data set was there.
        resident: Resident bytes after.
        matrix: Bytes of the label matrix at one byte a label.
        worker: The most bytes a forked worker has for itself after reading, beyond those of a
            worker that reads nothing.
    """

    images: int
    categories: int
    seconds: float
    samples: float
    baseline: int
    peak: int
    resident: int
    matrix: int
    worker: int


def measure_loading(config: dict[str, Any]) -> Loading:
    """Load a data set in a fresh process.

    Args:
        config: Config of the data set.

    Raises:
        RuntimeError: Loading failed; with the end of what the process wrote.
    """
    command = [sys.executable, '-m', 'tools.benchmarks.loading', json.dumps(config)]
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, (root, os.environ.get('PYTHONPATH'))))
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, 'PYTHONPATH': paths},
    )
    if done.returncode:
        raise RuntimeError(f'loading {config} failed: {done.stderr[-2000:]}')
    return Loading(*json.loads(done.stdout.splitlines()[-1]))


def _memory(field: str) -> int:
    """Bytes of this process by the kernel's books, e.g. ``Rss`` or ``Private_Dirty``."""
    if not _ROLLUP.exists():  # not Linux: the peak stands for all
        return _peak()
    lines = _ROLLUP.read_text(encoding='utf-8').splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(f'{field}:'))


def _peak() -> int:
    unit = 1 if sys.platform == 'darwin' else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _own() -> int:
    return _memory('Private_Clean') + _memory('Private_Dirty')


def _read(dataset: Any, indices: np.ndarray, answers: Any) -> None:
    """What a data-loading worker does, without the pictures."""
    start = time.perf_counter()
    for index in indices.tolist():
        dataset.get_data_info(index)
    answers.put((time.perf_counter() - start, _own()))


def _fork_and_read(dataset: Any, number: int) -> list[tuple[float, int]]:
    context = get_context('fork')  # as PyTorch's data loader does on Linux
    answers = context.Queue()
    workers = []
    for worker in range(NUM_WORKERS):
        rng = np.random.default_rng(worker)
        indices = rng.integers(len(dataset), size=number)
        workers.append(context.Process(target=_read, args=(dataset, indices, answers)))
        workers[-1].start()
    found = [answers.get() for _ in workers]
    for process in workers:
        process.join()
    return found


def _measure(config: dict[str, Any]) -> Loading:
    from mmengine.registry import init_default_scope
    from mmpretrain.registry import DATASETS

    import dsrb_mm  # noqa: F401 (registers the modules)

    init_default_scope('mmpretrain')
    baseline = _memory('Rss')
    start = time.perf_counter()
    dataset = DATASETS.build(config)
    seconds = time.perf_counter() - start
    peak, resident = _peak(), _memory('Rss')
    count = min(_SAMPLES, len(dataset))
    idle = min(own for _, own in _fork_and_read(dataset, 0))
    busy = _fork_and_read(dataset, count)
    classes = len(dataset.metainfo['classes'])
    return Loading(
        len(dataset),
        classes,
        seconds,
        count / max(taken for taken, _ in busy),
        baseline,
        peak,
        resident,
        len(dataset) * classes,
        max(own for _, own in busy) - idle,
    )


if __name__ == '__main__':
    sys.stdout.write(json.dumps(_measure(json.loads(sys.argv[1]))) + '\n')
