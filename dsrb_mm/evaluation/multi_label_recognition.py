"""Metric of multi-label recognition that ignores unknown labels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger
from mmengine.structures import BaseDataElement
from mmpretrain.registry import METRICS
from numpy.typing import ArrayLike, NDArray

from dsrb_mm.arguments import check_flag, check_int, check_number
from dsrb_mm.calibration import Calibration, cross_validate, logits_of
from dsrb_mm.evaluation.average_precision import (
    average_precision,
    check_labels,
    mean_over_evaluated,
)
from dsrb_mm.evaluation.cross_entropy import mean_cross_entropy
from dsrb_mm.evaluation.precision_recall import precision_recall, top_k_mask
from dsrb_mm.fileio.atomic import open_atomically
from dsrb_mm.fileio.csv_rows import plain_cell, row_writer


@dataclass(frozen=True)
class RecognitionResult:
    """Result of an evaluation.

    Attributes:
        summary: mAP, mAP_raw, OP ... CF1 and, with top-k, OP_top3 ... CF1_top3, all in percent;
            cross_entropy and num_classes_evaluated; of a tuned metric OP_tuned ... CF1_tuned too.
        per_class: AP and AP_raw in percent (nan without known positives) and the numbers of
            positives, negatives and unknown entries, each (C,).
    """

    summary: dict[str, float]
    per_class: dict[str, NDArray]

    def table(self, class_names: Sequence[str]) -> list[list[str]]:
        """Header and one row per category."""
        rows = zip(
            class_names, *(column.tolist() for column in self.per_class.values()), strict=True
        )
        cells = [[f'{v:.4f}' if isinstance(v, float) else str(v) for v in row] for row in rows]
        return [['class', *self.per_class], *cells]


@METRICS.register_module()
class MultiLabelRecognitionMetric(BaseMetric):
    """mAP, OP/OR/OF1 and CP/CR/CF1, by threshold and for the top k, under partial labels.

    Reference: arXiv 2205.13092. :func:`average_precision` and :func:`precision_recall` define the
    values. Labels are 1 present, 0 absent, -1 unknown; unknown entries are ignored. mAP (VOC 2012,
    interpolated), mAP_raw (not interpolated), CP and CR are means over the categories with known
    positives, of which there are ``num_classes_evaluated``. ``cross_entropy`` is the mean binary
    cross-entropy (natural logarithm) of the known labels, whatever loss the model is trained with.

    A data sample has ``pred_score`` (C,), probabilities, and either ``gt_score`` (C,), which goes
    first, or ``gt_label``, the indices of all categories present. If it also has ``pred_logit``
    (C,), float32 logits, these are ranked in place of the probabilities, by which many a confident
    prediction is exactly 1: half precision tells a few hundred apart. Thresholds are probabilities
    in either case.

    Args:
        thr: A category is predicted if its probability is at least ``thr``.
        topk: Also report precision and recall of the predicted categories among the ``topk``
            highest scores of a sample, under keys like ``OP_top3``; of fewer categories all. Of
            equal scores the lower category index comes first. Unknown entries do take places in
            the top k: the model cannot know what is unknown. None switches it off.
        classwise: Log a table of all categories.
        csv_path: Write that table to this file at every evaluation, replacing the one before.
        tuned: Also report precision and recall at a threshold per category, under keys like
            ``CF1_tuned``. Thresholds come from :attr:`calibration`; without one, from these images
            themselves, by cross-validation (:func:`cross_validate`), so that no image's labels
            choose its own thresholds.
        **kwargs: ``collect_device``, ``collect_dir`` and ``prefix`` of MMEngine's BaseMetric.

    Attributes:
        calibration: Of the checkpoint, fitted on other images; :class:`CalibrationHook` sets it.

    Raises:
        ValueError: ``thr`` is not in [0, 1] or ``topk`` is below 1.
        TypeError: An argument of a wrong type.
    """

    default_prefix = 'multi-label'

    def __init__(
        self,
        thr: float = 0.5,
        topk: int | None = 3,
        classwise: bool = False,
        csv_path: str | Path | None = None,
        tuned: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_number('thr', thr, 0, 1)
        if topk is not None:
            check_int('topk', topk, 1)
        check_flag('classwise', classwise)
        if csv_path is not None and not isinstance(csv_path, (str, Path)):
            raise TypeError(f'expected csv_path to be a path or None, but got {csv_path!r}')
        self.thr = thr
        self.topk = topk
        self.classwise = classwise
        self.csv_path = csv_path
        self.tuned = check_flag('tuned', tuned)
        self.calibration: Calibration | None = None

    def process(self, data_batch: Any, data_samples: Sequence[dict | BaseDataElement]) -> None:
        """Keep scores, logits where there are any (float32 both) and labels (int8) of samples.

        Raises:
            ValueError: Labels or logits do not fit the scores, labels are not of 1, 0, -1, or only
                some of the samples have logits.
        """
        for sample in data_samples:
            arrays = sample_arrays(sample)
            if self.results and len(self.results[0]) != len(arrays):
                raise ValueError('expected all samples or none to have pred_logit, but got some')
            self.results.append(arrays)

    def compute_metrics(self, results: list[tuple[NDArray, ...]]) -> dict[str, float]:
        """Evaluate all samples; log and write the table of categories where asked for."""
        if not results:
            raise ValueError('expected results to be of at least one sample, but got none')
        scores, labels, *logits = (np.stack(arrays) for arrays in zip(*results, strict=True))
        result = self.calculate(scores, labels, self.thr, self.topk, *logits)
        if self.classwise or self.csv_path is not None:
            self._report(result.table(self._class_names(scores.shape[1])))
        if not self.tuned and self.calibration is None:
            return result.summary
        ranked = logits[0] if logits else logits_of(scores)
        return result.summary | tuned_rates(ranked, labels, self.calibration)

    @staticmethod
    def calculate(
        scores: ArrayLike,
        labels: ArrayLike,
        thr: float = 0.5,
        topk: int | None = 3,
        logits: ArrayLike | None = None,
    ) -> RecognitionResult:
        """Evaluate scores (N, C) against labels (N, C).

        Without any category with known positives mAP is nan, with a warning.

        Args:
            scores: Probabilities, which ``thr`` is compared with.
            labels: 1 present, 0 absent, -1 unknown.
            thr: Lowest probability of a predicted category.
            topk: See the class.
            logits: What is ranked, for average precision and top k; None: the scores.

        Raises:
            ValueError: Shapes differ, scores are not probabilities, labels are not of 1, 0, -1,
                ``thr`` is not in [0, 1] or ``topk`` is below 1.
        """
        check_number('thr', thr, 0, 1)
        scores, labels = _to_numpy(scores), _to_numpy(labels)
        scores = scores.astype(np.result_type(scores, np.float32), copy=False)
        ranked = scores if logits is None else _to_numpy(logits)
        interpolated, raw = average_precision(ranked, labels)
        if scores.size and not 0 <= scores.min() <= scores.max() <= 1:
            raise ValueError(
                'expected scores to be probabilities in [0, 1], '
                f'but got values from {scores.min():.4g} to {scores.max():.4g}'
            )
        per_class = {'AP': 100 * interpolated, 'AP_raw': 100 * raw}
        for name, value in (('positives', 1), ('negatives', 0), ('unknown', -1)):
            per_class[name] = np.count_nonzero(labels == value, axis=0)
        summary = {f'm{name}': mean_over_evaluated(per_class[name]) for name in ('AP', 'AP_raw')}
        if np.isnan(summary['mAP']):
            warnings.warn('mAP is nan: no category has known positives', stacklevel=2)
        predicted = scores >= thr
        summary |= {k: 100 * v for k, v in precision_recall(predicted, labels).items()}
        if topk is not None:
            top = precision_recall(
                predicted & top_k_mask(ranked, min(topk, ranked.shape[1])), labels
            )
            summary |= {f'{k}_top{topk}': 100 * v for k, v in top.items()}
        # Not called a loss: MMEngine logs the mean over epochs of what has "loss" in its name.
        summary['cross_entropy'] = mean_cross_entropy(
            logits_of(scores) if logits is None else ranked, labels
        )
        summary['num_classes_evaluated'] = int(np.count_nonzero(per_class['positives']))
        return RecognitionResult(summary, per_class)

    def _class_names(self, num_classes: int) -> list[str]:
        """Names from the data set, or the indices where it has none."""
        names = (self.dataset_meta or {}).get('classes') or range(num_classes)
        if len(names) != num_classes:
            raise ValueError(f'expected classes to be {num_classes} names, but got {len(names)}')
        return [str(name) for name in names]

    def _report(self, table: list[list[str]]) -> None:
        if self.classwise:
            widths = [max(map(len, column)) for column in zip(*table, strict=True)]
            lines = ['  '.join(map(str.rjust, row, widths)) for row in table]
            MMLogger.get_current_instance().info('\n'.join(['AP by category', *lines]))
        if self.csv_path is not None:
            path = Path(self.csv_path)
            path.parent.mkdir(parents=True, exist_ok=True)
            with open_atomically(path, newline='') as file:
                write = row_writer(file)
                for name, *cells in table:
                    write([plain_cell(name), *cells])


def sample_arrays(sample: dict | BaseDataElement) -> tuple[NDArray, ...]:
    """Scores, labels and, where there are any, logits of a predicted sample.

    Args:
        sample: With ``pred_score`` and ``gt_score`` or ``gt_label``; see
            :class:`MultiLabelRecognitionMetric`.

    Shape:
        (C,) float32, (C,) int8, (C,) float32.

    Raises:
        ValueError: Labels or logits do not fit the scores, or labels are not of 1, 0, -1.
    """
    fields = sample.to_dict() if isinstance(sample, BaseDataElement) else sample
    scores = _to_numpy(fields['pred_score']).astype(np.float32)
    if 'gt_score' in fields:
        labels = _to_numpy(fields['gt_score'])
    else:
        labels = _indices_to_labels(_to_numpy(fields['gt_label']), len(scores))
    _check_shape('gt_score', labels, scores)
    check_labels(labels)
    arrays = (scores, labels.astype(np.int8))
    if 'pred_logit' not in fields:
        return arrays
    logits = _to_numpy(fields['pred_logit']).astype(np.float32)
    _check_shape('pred_logit', logits, scores)
    return (*arrays, logits)


def tuned_rates(
    logits: NDArray, labels: NDArray, calibration: Calibration | None = None
) -> dict[str, float]:
    """OP_tuned ... CF1_tuned in percent: rates at a threshold per category.

    Args:
        logits: Of the model.
        labels: 1 present, 0 absent, -1 unknown.
        calibration: Fitted on other images; None cross-validates on these.

    Shape:
        logits, labels (N, C).
    """
    if calibration is None:
        predicted = cross_validate(logits, labels).predicted
    else:
        predicted = calibration.predict(calibration.probabilities(logits))
    rates = precision_recall(predicted, labels)
    return {f'{name}_tuned': 100 * value for name, value in rates.items()}


def _to_numpy(values: ArrayLike | torch.Tensor) -> NDArray:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        values = (values.float() if values.dtype == torch.bfloat16 else values).numpy()
    return np.asarray(values)


def _check_shape(name: str, values: NDArray, scores: NDArray) -> None:
    if values.shape != scores.shape:
        raise ValueError(
            f'expected {name} to be of the shape of pred_score {scores.shape}, '
            f'but got {values.shape}'
        )


def _indices_to_labels(indices: NDArray, num_classes: int) -> NDArray[np.int8]:
    if indices.size and not 0 <= indices.min() <= indices.max() < num_classes:
        raise ValueError(
            f'expected gt_label to be indices from 0 to {num_classes - 1}, '
            f'but got {indices.tolist()}'
        )
    labels = np.zeros(num_classes, dtype=np.int8)
    labels[indices.astype(np.int64)] = 1
    return labels
