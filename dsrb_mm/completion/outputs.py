"""Which files data sets were read from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dsrb_mm.datasets.config_data import ConfigData
from dsrb_mm.datasets.wrappers import walk_datasets


def annotation_files(sets: Iterable[ConfigData]) -> list[str]:
    """Files that the labels of data sets were read from."""
    return [file for data in sets for part in walk_datasets(data.dataset) for file in _files(part)]


def _files(part: Any) -> list[str]:
    mask = getattr(part, 'known', None)
    read = [(part, 'ann_file'), (part, 'label_file'), (mask, 'path')]
    files = [getattr(reader, name, None) for reader, name in read]
    return [str(file) for file in files if isinstance(file, (str, Path)) and str(file)]
