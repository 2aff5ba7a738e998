"""What a run keeps of its test: logits per image, from which every report can be redone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit

from dsrb_mm.evaluation import MultiLabelRecognitionMetric
from dsrb_mm.fileio.atomic import open_atomically

_FILE = 'scores.npz'


@dataclass(frozen=True)
class RunScores:
    """Logits of the test images, and their labels.

    Attributes:
        last: With the weights after the last epoch, (N, C) float32.
        chosen: With the weights of the epoch that the held-out images chose, (N, C) float32.
        labels: (N, C) int8 in {1, 0, -1}.
    """

    last: np.ndarray
    chosen: np.ndarray
    labels: np.ndarray

    def save(self, folder: Path) -> None:
        """Write ``scores.npz``, in one step."""
        with open_atomically(folder / _FILE, 'wb') as file:
            np.savez(file, last=self.last, chosen=self.chosen, labels=self.labels)

    @classmethod
    def load(cls, folder: Path) -> RunScores:
        """Read ``scores.npz``.

        Raises:
            ValueError: The file is missing or damaged; the message says how to go on.
        """
        path = folder / _FILE
        try:
            with np.load(path, allow_pickle=False) as content:
                scores = cls(content['last'], content['chosen'], content['labels'])
        # A damaged archive may fail anywhere.
        except Exception as error:
            raise ValueError(
                f'expected {path} to hold the test scores of a run, but got: {error}. Remove the '
                'folder to train again'
            ) from error
        if not scores.last.shape == scores.chosen.shape == scores.labels.shape:
            raise ValueError(f'the arrays in {path} differ in shape: remove the folder')
        return scores

    def metrics(self, name: str) -> dict[str, float]:
        """Metrics of ``'last'`` or ``'chosen'``, without those that are not defined."""
        logits = getattr(self, name)
        found = MultiLabelRecognitionMetric.calculate(expit(logits), self.labels, logits=logits)
        return {key: value for key, value in found.summary.items() if not np.isnan(value)}
