"""A small training as a process of its own, and the comparison of what two of them leave."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import mmengine.config.config
import numpy as np
import torch
from helpers.data import random_labels, write_coco
from helpers.inference import write_config
from helpers.tools import TOOLS, fork, load_main
from helpers.training import coco_config
from mmengine.config import Config

TESTS = Path(__file__).resolve().parents[1]
CLASSES = ['a', 'b', 'c', 'd']
# Times, and what names the run.
_DIFFER = {'time', 'eta', 'data_time', 'cfg', 'experiment_name', 'mmengine_version'}


def write_data(root: Path) -> None:
    write_coco(root / 'data', 'train', random_labels(20, 4), CLASSES)
    write_coco(root / 'data', 'val', random_labels(12, 4, seed=6), CLASSES)


def kill_config(root: Path, size: int = 64) -> Config:
    """All that has a state: augmentation in workers, blending, EMA, best and old checkpoints."""
    cfg = coco_config(root / 'data', root / 'work', 4, epochs=5)
    cfg.model.neck.pool_size = 1  # a map of more than one location
    pipeline = [
        dict(type='LoadImageFromFile'),
        dict(type='RandomResizedCrop', scale=size),
        dict(type='RandomFlip', prob=0.5),
        dict(type='ColorJitter', brightness=0.2),
        dict(type='PackInputs'),
    ]
    cfg.train_dataloader.dataset.dataset.pipeline = pipeline
    cfg.train_dataloader.num_workers = 2
    for complement in cfg.model.head.complements:
        complement.begin = 2
    cfg.model.head.complements[1].interval = 2
    cfg.default_hooks.checkpoint.update(
        interval=1, max_keep_ckpts=2, save_best='multi-label/mAP', rule='greater'
    )
    cfg.param_scheduler = [
        dict(type='CosineAnnealingLR', by_epoch=True, T_max=5, convert_to_iter_based=True),
        dict(type='MultiStepLR', by_epoch=True, milestones=[3], gamma=0.5),
    ]
    # It waits from the first validation on and would stop after the last.
    waiting = dict(type='EarlyStoppingHook', monitor='multi-label/mAP', min_delta=1e3, patience=4)
    cfg.custom_hooks = [dict(type='EMAHook', momentum=0.05), waiting]
    cfg.custom_imports.imports.append('kill_points.killer')
    return cfg


def _main(command: list[str], threads: int) -> None:
    torch.set_num_threads(threads)
    # Formatting the config into every checkpoint takes longer than training.
    mmengine.config.config.FormatCode = lambda text, **kwargs: (text, True)
    sys.argv = command
    load_main('train')()  # type: ignore[call-arg]


def train(
    config: Path,
    work_dir: Path,
    *more: str,
    threads: int = 1,
    spawn: bool = False,
    kill_after: float | None = None,
    limit: int | None = None,
) -> int:
    """Run ``tools/train.py`` in a process of its own; returns its exit code.

    Args:
        config: Config file.
        work_dir: Work directory; ``output`` in it gets what is printed.
        more: Further arguments.
        threads: Torch threads.
        spawn: Whether a new interpreter is started. Else this one, which has imported all that
            takes seconds, is forked; it must not have run anything on several threads.
        kill_after: Seconds after which it is killed.
        limit: Bytes to which the operating system limits its files (without ``spawn``).
    """
    work_dir.mkdir(exist_ok=True)
    command = [str(TOOLS / 'train.py'), str(config), '--work-dir', str(work_dir), *more]
    with (work_dir / 'output').open('ab') as output:
        if spawn:
            paths = os.pathsep.join([str(TESTS.parent), str(TESTS)])
            env = os.environ | {'PYTHONPATH': paths, 'OMP_NUM_THREADS': str(threads)}
            process = subprocess.Popen(
                [sys.executable, *command], stdout=output, stderr=output, env=env
            )
            return _wait(process.pid, kill_after)

        def call() -> None:
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            _main(command, threads)

        pid = fork(call, output.fileno())
        return _wait(pid, kill_after)


def _wait(pid: int, kill_after: float | None) -> int:
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_training(
    root: Path, name: str, kills: list[dict], threads: int = 1, spawn: bool = False
) -> Path:
    """Train, kill, resume as often as asked, then resume to the end; returns the work directory.

    Args:
        root: Where the data is.
        name: Of the work directory.
        kills: Arguments of :class:`KillHook`, or ``after``: seconds.
        threads: See :func:`train`.
        spawn: See :func:`train`.
    """
    work_dir = root / name
    for number, kill in enumerate([*kills, {}]):
        cfg = kill_config(root)
        after = kill.get('after')
        if kill and after is None:
            cfg.custom_hooks.append(dict(type='KillHook', **kill))
        config = write_config(cfg, root / f'{name}_{number}.py')
        resume = ['--resume'] if number else []
        code = train(config, work_dir, *resume, threads=threads, spawn=spawn, kill_after=after)
        # A worker's death is an error of the main process.
        expected = 0 if not kill else 1 if kill.get('moment') == 'worker' else -9
        assert code == expected, (work_dir / 'output').read_text()[-3000:]
    return work_dir


def files(work_dir: Path) -> list[str]:
    """What a training has left at the top of its folder, less logs and configs."""
    found = (p for p in work_dir.iterdir() if p.is_file() and not p.name.startswith('.'))
    return sorted(path.name for path in found if path.name != 'output' and path.suffix != '.py')


def _flat(value, work_dir: Path, key: str = '') -> dict:
    if isinstance(value, dict):
        parts = [
            _flat(item, work_dir, f'{key}.{name}')
            for name, item in value.items()
            if str(name).rpartition('/')[2] not in _DIFFER
        ]
        return {k: v for part in parts for k, v in part.items()}
    if isinstance(value, list | tuple):
        return _flat(dict(enumerate(value)), work_dir, key)
    if isinstance(value, torch.Tensor):
        return {key: (tuple(value.shape), value.dtype, np.asarray(value).tobytes())}
    return {key: value.replace(str(work_dir), '') if isinstance(value, str) else value}


def differences(one: Path, other: Path) -> list[str]:
    """Names of everything that is not bit for bit the same in what two trainings have left."""
    if files(one) != files(other):
        return [f'{files(one)} and {files(other)}']
    found = []
    for name in files(one):
        if not name.endswith('.pth'):
            continue
        flat = [_flat(torch.load(w / name, weights_only=True), w, name) for w in (one, other)]
        found += [k for k in flat[0].keys() | flat[1].keys() if flat[0].get(k) != flat[1].get(k)]
    if (one / 'last_checkpoint').read_text() != (other / 'last_checkpoint').read_text().replace(
        str(other), str(one)
    ):
        found.append('last_checkpoint')
    return sorted(found)
