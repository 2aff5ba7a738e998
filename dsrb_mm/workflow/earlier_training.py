"""Resume the training in a work directory, or protect it from being overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.config import Config

from dsrb_mm.fileio.locks import FolderLock
from dsrb_mm.workflow.work_dir import LABELS, read_config

_CHECKPOINTS = ('best_*.pth', 'epoch_*.pth', 'last_checkpoint')
# Settings of the machine, and of where folders lie, which change no result.
_FREE = ('work_dir', 'data_root', 'num_workers', 'persistent_workers', 'checkpoint')
_SHOWN = 3


def has_training(work_dir: Path) -> bool:
    """Tell whether a folder holds checkpoints."""
    return next(_checkpoints(work_dir), None) is not None


def check_free(work_dir: Path, overwrite: bool) -> None:
    """Refuse to train in the folder of another training.

    Raises:
        FileExistsError: The folder holds one, and ``overwrite`` is not set.
        BlockingIOError: Another training is running in it.
    """
    # One of tools/train.py, perhaps without a checkpoint yet.
    lock = FolderLock(work_dir, 'training')
    lock.acquire()
    lock.release()
    if has_training(work_dir) and not overwrite:
        raise FileExistsError(
            f'{work_dir} holds a training: --resume continues it, --overwrite replaces it, and '
            '--work-dir names another folder'
        )


@contextmanager
def reserved(work_dir: Path) -> Iterator[None]:
    """Make a work directory and keep other commands out of it; an unused new one goes again.

    Raises:
        BlockingIOError: Another command is at work in it.
    """
    is_new = not work_dir.exists()
    work_dir.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(work_dir, 'command')  # the training itself locks the folder much later
    lock.acquire()
    try:
        yield
    finally:
        lock.release()
        locks = [*work_dir.glob('.*.lock')]
        if is_new and len(locks) == len([*work_dir.iterdir()]):
            for path in locks:
                path.unlink()
            work_dir.rmdir()


def remove_checkpoints(work_dir: Path) -> None:
    """Remove the checkpoints of an earlier training, so that none is taken for the new best one."""
    for path in list(_checkpoints(work_dir)):
        path.unlink()


def earlier_config(cfg: Config, labels: Path, work_dir: Path) -> Config:
    """Read the config of the training in a folder, and check that it is the one to train now.

    Images are read from where they lie now.

    Args:
        cfg: Config to train now.
        labels: The CSV that was imported for it.
        work_dir: The folder.

    Raises:
        ValueError: Labels or settings have changed; the message names what differs.
        FileNotFoundError: The folder lacks its labels or its config.
    """
    before = work_dir / LABELS
    if before.read_bytes() != labels.read_bytes():
        raise ValueError(
            f'the labels differ from those of the training in {work_dir} ({LABELS}): --resume '
            'needs the same labels; use --work-dir to train in another folder'
        )
    earlier = read_config(work_dir)
    old, new = dict(_settings(earlier.to_dict())), dict(_settings(cfg.to_dict()))
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    if changed:
        shown = '; '.join(f'{k} is {new.get(k)!r}, was {old.get(k)!r}' for k in changed[:_SHOWN])
        raise ValueError(
            f'the settings differ from those of the training in {work_dir}: {shown}'
            f'{", ..." if len(changed) > _SHOWN else ""}; --resume needs the same command'
        )
    for loader in ('train', 'val', 'test'):
        now = cfg[f'{loader}_dataloader'].dataset.dataset.data_root
        earlier[f'{loader}_dataloader'].dataset.dataset.data_root = now
    return earlier


def _checkpoints(work_dir: Path) -> Iterator[Path]:
    return (path for pattern in _CHECKPOINTS for path in work_dir.glob(pattern))


def _settings(node: Any, name: str = '') -> Iterator[tuple[str, Any]]:
    """Values of a config by their dotted names."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            if key not in _FREE:
                yield from _settings(value, f'{name}.{key}'.lstrip('.'))
    elif isinstance(node, (list, tuple)) and node:
        for key, value in enumerate(node):
            yield from _settings(value, f'{name}.{key}')
    else:
        yield name, node
