"""Average precision of the labels of all categories in one ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.evaluator import BaseMetric
from mmengine.structures import BaseDataElement
from numpy.typing import NDArray

from dsrb_mm.calibration import count_unknown_as_absent

from .multi_label_recognition import sample_arrays
from .resampled_precision import ResampledPrecision


class MicroAveragePrecision:
    """AP over all known entries of the label matrix, in percent, also of resampled images.

    The micro average of :func:`sklearn.metrics.average_precision_score`, interpolated as
    :func:`average_precision` is. Less noisy than mAP where categories have few known labels each;
    common categories weigh more. Where no label is known to be absent, unknown ones count as
    absent.

    Args:
        scores: Finite scores.
        labels: 1 present, 0 absent, -1 unknown.

    Shape:
        (N, C), (N, C).

    Raises:
        ValueError: Shapes differ, a score is not finite, or a label is not of 1, 0, -1.

    Attributes:
        num_images: N.
        value: The average precision; nan without labels that are known to be present.

    Example:
        >>> labels = np.array([[1, -1], [0, 0]])
        >>> MicroAveragePrecision(np.array([[0.9, 0.1], [0.8, 0.7]]), labels).value
        100.0
    """

    def __init__(self, scores: NDArray, labels: NDArray) -> None:
        labels = count_unknown_as_absent(labels)
        self._precision = ResampledPrecision(scores.reshape(-1, 1), labels.reshape(-1, 1))
        self._shape = labels.shape
        self.num_images = len(labels)
        self.value = self.of(np.ones(len(labels)))

    def of(self, weights: NDArray) -> float:
        """Average precision where image i counts ``weights[i]`` times, in percent.

        Shape:
            (N,) -> ().
        """
        entries = np.broadcast_to(weights[:, None], self._shape).reshape(-1)
        return 100 * self._precision.mean(entries)


def clearly_better(
    candidate: MicroAveragePrecision, present: MicroAveragePrecision, draws: NDArray
) -> bool:
    """Whether one model ranks the same labels better than another by more than chance.

    That is, by more than twice the standard deviation of the difference over resamples of the
    images (paired bootstrap).

    Args:
        candidate: The one.
        present: The other, of the same images.
        draws: How often each image counts in each resample.

    Shape:
        draws: (R, N).

    Example:
        >>> draws = np.random.default_rng(0).multinomial(100, np.full(100, 0.01), 200).astype(float)
        >>> clearly_better(candidate, present, draws)
        True
    """
    gains = np.array([candidate.of(draw) - present.of(draw) for draw in draws])
    gains = gains[~np.isnan(gains)]  # a resample may have no present label
    return len(gains) > 0 and bool(candidate.value - present.value > 2 * gains.std())


class KeptScores(BaseMetric):
    """Keeps the scores and labels of all samples; for a comparison of models in one process.

    Samples are those of :class:`MultiLabelRecognitionMetric`. Every process gets those of all.

    Attributes:
        scores: Logits where the head gives them, (N, C), after an evaluation.
        labels: (N, C) in {1, 0, -1}.

    Example:
        >>> kept = KeptScores()
        >>> Evaluator(kept).evaluate(size)
        >>> kept.scores.shape == kept.labels.shape
        True
    """

    def process(self, data_batch: Any, data_samples: Sequence[dict | BaseDataElement]) -> None:
        """Keep what is ranked, and the labels."""
        for sample in data_samples:
            scores, labels, *logits = sample_arrays(sample)
            self.results.append((logits[0] if logits else scores, labels))

    def compute_metrics(self, results: list[tuple[NDArray, NDArray]]) -> dict[str, float]:
        """Put them together; there is no metric."""
        self.scores, self.labels = (np.stack(arrays) for arrays in zip(*results, strict=True))
        return {}

    def evaluate(self, size: int) -> dict[str, float]:
        """Collect on the main process, as all metrics do, and hand the arrays to the others."""
        metrics = super().evaluate(size)
        kept: list[Any] = [self.scores, self.labels] if is_main_process() else [None, None]
        broadcast_object_list(kept)
        self.scores, self.labels = kept
        return metrics
