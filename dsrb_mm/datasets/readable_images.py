"""Which image files training could not decode, found beforehand."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import track

from dsrb_mm.datasets.image_decoding import MAX_PIXELS, UnreadableImageError, decode_image
from dsrb_mm.datasets.transforms import LoadCheckedImageFromFile
from dsrb_mm.datasets.wrappers import innermost_datasets


def unreadable_images(
    paths: Sequence[str], max_pixels: int | None, workers: int | None, description: str
) -> list[str]:
    """Decode images, all of each, and list those that fail; shows a progress bar.

    Args:
        paths: Existing files.
        max_pixels: Images of more count as unreadable.
        workers: Processes; None: one a core.
        description: Text of the progress bar.
    """
    with multiprocessing.Pool(workers) as pool:
        results = pool.imap(partial(_decodes, max_pixels), paths, chunksize=16)
        readable = list(track(results, description, total=len(paths)))
    return [path for path, good in zip(paths, readable, strict=True) if not good]


def find_max_pixels(dataset: Any) -> int | None:
    """The limit that a dataset's loader sets, so that the same images fail here as there."""
    pipeline = getattr(innermost_datasets(dataset)[0], 'pipeline', None)
    steps = getattr(pipeline, 'transforms', [])
    limits = [step.max_pixels for step in steps if isinstance(step, LoadCheckedImageFromFile)]
    return limits[0] if limits else MAX_PIXELS


def _decodes(max_pixels: int | None, path: str) -> bool:
    """Top level, so that processes can call it."""
    try:
        decode_image(Path(path).read_bytes(), path, max_pixels)
    except (OSError, UnreadableImageError):
        return False
    return True
