"""Read what a training left in its work directory."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
from mmengine.config import Config

from dsrb_mm.apis import MultiLabelInferencer
from dsrb_mm.datasets.config_data import SPLITS, has_split
from dsrb_mm.datasets.wrappers import innermost_configs
from dsrb_mm.engine.hooks.console_hook import quiet_loggers
from dsrb_mm.fileio.config_file import read_config_file

CONFIG, LABELS = 'config.py', 'labels.csv'


def find_config(work_dir: str | Path) -> Path:
    """Find the config of a training.

    Raises:
        ValueError: It is a file.
        FileNotFoundError: The folder has none, or several.
    """
    folder = Path(work_dir)
    if folder.is_file():
        raise ValueError(
            'expected the folder that a training has written (--work-dir), but got the file '
            f'{folder}'
        )
    if not folder.exists():
        raise FileNotFoundError(f'no such folder: {folder}')
    found = [folder / CONFIG] if (folder / CONFIG).is_file() else sorted(folder.glob('*.py'))
    if len(found) != 1:
        raise FileNotFoundError(
            f'expected {folder} to be the folder of a training (--work-dir), with its {CONFIG} or '
            f'one other config, but got {len(found)} configs'
        )
    return found[0]


def find_checkpoint(work_dir: str | Path) -> Path:
    """Find the best checkpoint of a training, or the last one if no best one was saved.

    Raises:
        FileNotFoundError: There is none.
    """
    folder = Path(work_dir)
    best = sorted(folder.glob('best_*.pth'), key=lambda path: path.stat().st_mtime)
    if best:
        return best[-1]
    pointer = folder / 'last_checkpoint'
    if pointer.is_file():
        # By name: the folder may have moved.
        last = folder / Path(pointer.read_text(encoding='utf-8').strip()).name
        if last.is_file():
            return last
    raise FileNotFoundError(f'expected {folder} to hold a checkpoint, but got none')


def read_config(work_dir: str | Path) -> Config:
    """Read the config of a training, with the labels there if the folder was moved or copied.

    Images that moved with it are found where they lie now, seen from the folder.

    Raises:
        FileNotFoundError: The folder has no config, or several.
    """
    cfg = read_config_file(find_config(work_dir))
    own = Path(work_dir, LABELS).absolute()
    if own.is_file():
        for split in SPLITS:
            if has_split(cfg, split):
                for dataset in innermost_configs(cfg[f'{split}_dataloader'].dataset):
                    # What `train` has written: an absolute path.
                    named = Path(str(dataset.get('ann_file')))
                    if named.is_absolute() and named.name == LABELS:
                        dataset['ann_file'] = str(own)
                        _follow(dataset, named.parent, own.parent)
    return cfg


def _follow(dataset: dict, before: Path, now: Path) -> None:
    """Name the folder of images as it lies to a work directory that was moved."""
    images = str(dataset.get('data_root'))
    moved = Path(os.path.normpath(now / os.path.relpath(images, before)))
    if os.path.isabs(images) and not os.path.isdir(images) and moved.is_dir():
        dataset['data_root'] = str(moved)


def load(work_dir: str | Path, device: str | None = None) -> MultiLabelInferencer:
    """Load the model of a training, ready to predict.

    Args:
        work_dir: Folder of :func:`train` or ``tools/train.py``.
        device: Where to run; None is the GPU if there is one.

    Raises:
        FileNotFoundError: Config or checkpoint is missing.

    Example:
        >>> model = dsrb_mm.load('work_dirs/dsrb')
        >>> model(['a.jpg', 'photos'])[0]['pred_classes']
        ['dog']
    """
    quiet_loggers()  # of a backbone's own lines
    return MultiLabelInferencer(read_config(work_dir), find_checkpoint(work_dir), device)


def count_splits(labels: str | Path) -> dict[str, int]:
    """Count the images of each split of an imported CSV.

    Raises:
        FileNotFoundError: The file is missing.
    """
    column = pd.read_csv(labels, usecols=['split'], dtype=str, keep_default_na=False)['split']
    return {str(name): int(count) for name, count in column.value_counts().items()}
