"""Which files may be written: never one that is read, and an existing one only if asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dsrb_mm.datasets.config_data import ConfigData
from dsrb_mm.datasets.wrappers import walk_datasets


def check_outputs(
    outputs: Sequence[str | Path], inputs: Iterable[str | Path], overwrite: bool = False
) -> None:
    """Refuse outputs that would destroy something, before hours of other work.

    Args:
        outputs: Files to write.
        inputs: Files that are read; they are never overwritten.
        overwrite: Whether existing outputs may be replaced.

    Raises:
        ValueError: Two outputs are the same file, an output is an input, or is a folder.
        FileExistsError: An output exists.
    """
    resolved = [Path(path).resolve() for path in outputs]
    for path in resolved:
        if resolved.count(path) > 1:
            raise ValueError(f'expected outputs to be different files, but got {path} twice')
        if path in {Path(source).resolve() for source in inputs}:
            raise ValueError(f'expected {path} to be a new file, but got one that is read as input')
        if path.is_dir():
            raise ValueError(f'expected {path} to be a file, but got a folder')
        if path.exists() and not overwrite:
            raise FileExistsError(f'{path} exists; --overwrite replaces it')


def annotation_files(sets: Iterable[ConfigData]) -> list[str]:
    """Files that the labels of data sets were read from."""
    return [file for data in sets for part in walk_datasets(data.dataset) for file in _files(part)]


def _files(part: Any) -> list[str]:
    mask = getattr(part, 'known', None)
    read = [(part, 'ann_file'), (part, 'label_file'), (mask, 'path')]
    files = [getattr(reader, name, None) for reader, name in read]
    return [str(file) for file in files if isinstance(file, (str, Path)) and str(file)]
