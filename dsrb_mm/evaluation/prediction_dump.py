"""Predictions of a test in a file."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import mmengine
from mmengine.evaluator import DumpResults

from dsrb_mm.fileio.atomic import open_atomically, write_atomically


class PredictionDump(DumpResults):
    """MMEngine's DumpResults, written in one step: predictions of every image, pickled.

    Raises:
        ValueError: The file does not end in ``.pkl`` or ``.pickle``.
    """

    def __init__(self, out_file_path: str, **kwargs: Any) -> None:
        if not str(out_file_path).endswith(('.pkl', '.pickle')):
            raise ValueError(
                f'expected a file of predictions to end in .pkl, but got {out_file_path}; metrics '
                'go into .json'
            )
        super().__init__(out_file_path=str(out_file_path), **kwargs)

    def compute_metrics(self, results: list) -> dict:
        """Write the results; there are no metrics."""
        path = Path(self.out_file_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_atomically(path, 'wb') as file:
            pickle.dump(results, file)
        return {}


def check_metrics_file(path: str | Path) -> None:
    """Check the suffix of a file of metrics, before the test.

    Raises:
        ValueError: Neither json nor yaml nor pickle.
    """
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise ValueError(
            f'expected a file of metrics to end in {", ".join(_SUFFIXES)}, but got {path}'
        )


def write_metrics(metrics: dict, path: str | Path) -> None:
    """Write metrics in one step, in the format of the suffix; the folder is made."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = mmengine.dump(metrics, file_format=path.suffix.lower().removeprefix('.'))
    write_atomically(path, content if isinstance(content, bytes) else content.encode())


_SUFFIXES = ('.json', '.yaml', '.yml', '.pkl', '.pickle')
