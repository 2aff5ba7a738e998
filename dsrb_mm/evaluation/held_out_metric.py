"""Metric of held-out images whose labels are as incomplete as those of training."""

from __future__ import annotations

import numpy as np
from mmpretrain.registry import METRICS
from numpy.typing import NDArray

from .multi_label_recognition import MultiLabelRecognitionMetric


@METRICS.register_module()
class HeldOutMetric(MultiLabelRecognitionMetric):
    """:class:`MultiLabelRecognitionMetric` that can also rank where only positives are known.

    Where no label of a category is known to be absent, any ranking has an average precision of 1.
    Unknown labels of such a category count as absent, which most are. This happens under masks that
    keep positives only.

    Takes the arguments of :class:`MultiLabelRecognitionMetric`.

    Example:
        >>> val_evaluator = dict(type='HeldOutMetric')
    """

    def compute_metrics(self, results: list[tuple[NDArray, ...]]) -> dict[str, float]:
        """Evaluate all samples."""
        labels = np.stack([labels for _, labels, *_ in results])
        only_present = (labels == 1).any(0) & ~(labels == 0).any(0)
        labels[:, only_present] = labels[:, only_present] == 1
        return super().compute_metrics(
            [(scores, row, *more) for (scores, _, *more), row in zip(results, labels, strict=True)]
        )
