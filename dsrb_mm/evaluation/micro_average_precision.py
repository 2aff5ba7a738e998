"""Average precision of the labels of all categories in one ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.structures import BaseDataElement
from mmpretrain.registry import METRICS
from numpy.typing import NDArray

from .average_precision import average_precision
from .multi_label_recognition import sample_arrays


@METRICS.register_module()
class MicroAveragePrecision(BaseMetric):
    """AP over all entries of the label matrix, in percent, under the key ``multi-label/micro_AP``.

    The micro average of :func:`sklearn.metrics.average_precision_score`, interpolated as
    :func:`average_precision` is. Less noisy than mAP where categories have few known labels each;
    common categories weigh more. Samples are those of :class:`MultiLabelRecognitionMetric`.

    Args:
        **kwargs: ``collect_device``, ``collect_dir`` and ``prefix`` of MMEngine's BaseMetric.

    Example:
        >>> val_evaluator = dict(type='MicroAveragePrecision')
    """

    default_prefix = 'multi-label'

    def process(self, data_batch: Any, data_samples: Sequence[dict | BaseDataElement]) -> None:
        """Keep what is ranked, and the labels."""
        for sample in data_samples:
            scores, labels, *logits = sample_arrays(sample)
            self.results.append((logits[0] if logits else scores, labels))

    def compute_metrics(self, results: list[tuple[NDArray, NDArray]]) -> dict[str, float]:
        """Rank all entries."""
        scores, labels = (np.stack(arrays) for arrays in zip(*results, strict=True))
        return {'micro_AP': micro_average_precision(scores, labels)}


def micro_average_precision(scores: NDArray, labels: NDArray) -> float:
    """Average precision of all known entries in one ranking, in percent.

    Where no label is known to be absent, unknown ones count as absent. Without labels that are
    known to be present it is nan.

    Shape:
        (N, C) scores, (N, C) labels in {1, 0, -1}.

    Example:
        >>> micro_average_precision(np.array([[0.9, 0.1], [0.8, 0.7]]), np.array([[1, -1], [0, 0]]))
        100.0
    """
    if not (labels == 0).any():
        labels = labels == 1
    interpolated, _ = average_precision(scores.reshape(-1, 1), labels.reshape(-1, 1).astype(int))
    return 100 * float(interpolated[0])
