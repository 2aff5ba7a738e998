"""Scores, labels and decisions of the images that a model is judged on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.config import Config
from numpy.typing import NDArray
from scipy.special import expit
from torch import nn

from dsrb_mm.apis import check_classes, load_model
from dsrb_mm.apis.scoring import score_logits
from dsrb_mm.calibration import Calibration, cross_validate, image_keys
from dsrb_mm.datasets.config_data import ConfigData, build_split, has_split

CHECKPOINT, CROSS_VALIDATED, CHOSEN, HALF = 'checkpoint', 'cross-validated', 'chosen', '0.5'


@dataclass(frozen=True)
class Judged:
    """What a report is made of.

    Attributes:
        classes: Category names, (C).
        paths: Image files, (N).
        labels: 1 present, 0 absent, -1 unknown, (N, C).
        logits: Logits of the model, (N, C).
        probabilities: What a user sees, (N, C); calibrated where there is a calibration.
        predicted: Decisions, (N, C) bool.
        thresholds: Of the checkpoint, else 0.5, (C).
        decided_by: The threshold of each decision, (N, C); where these are cross-validated, it is
            that of another fold.
        decisions: Where the decisions come from: :data:`CHECKPOINT` (its thresholds, fitted on
            other images), :data:`CROSS_VALIDATED`, :data:`CHOSEN` (its thresholds, chosen by a user
            on these images) or :data:`HALF`.
        images: Name of this set of images.
    """

    classes: tuple[str, ...]
    paths: list[str]
    labels: NDArray
    logits: NDArray
    probabilities: NDArray
    predicted: NDArray
    thresholds: NDArray
    decided_by: NDArray
    decisions: str
    images: str

    @classmethod
    def from_scores(
        cls,
        classes: tuple[str, ...],
        paths: list[str],
        labels: NDArray,
        logits: NDArray,
        calibration: Calibration | None = None,
        images: str = 'test images',
    ) -> Judged:
        """Decide with a calibration; on the images of its fit, cross-validate instead.

        Args:
            classes: Category names.
            paths: Image files.
            labels: 1, 0, -1.
            logits: Logits of the model.
            calibration: Calibration of the checkpoint; None decides at 0.5.
            images: Name of this set of images.
        """
        if calibration is None:
            probabilities = expit(np.asarray(logits, np.float64))
            predicted, thresholds = probabilities >= 0.5, np.full(len(classes), 0.5)
            decisions, decided_by = HALF, thresholds
        else:
            thresholds = decided_by = np.array(calibration.thresholds)
            keys = image_keys(paths)
            if calibration.flatters(keys):
                found = cross_validate(logits, labels)
                probabilities, predicted = found.probabilities, found.predicted
                decisions, decided_by = CROSS_VALIDATED, found.thresholds
            else:
                probabilities = calibration.probabilities(logits)
                predicted = calibration.predict(probabilities)
                decisions = CHOSEN if calibration.shares_images(keys) else CHECKPOINT
        return cls(
            *(classes, paths, labels, logits, probabilities, predicted, thresholds),
            *(np.broadcast_to(decided_by, labels.shape), decisions, images),
        )


def judge(
    cfg: Config, checkpoint: str | Path, split: str = 'test', device: str | None = None
) -> tuple[Judged, nn.Module, ConfigData]:
    """Score the images of a split with a checkpoint.

    Args:
        cfg: Config that the model was trained with.
        checkpoint: Its weights, with a calibration or without.
        split: ``'test'`` or ``'val'``; a config without the first has its second judged.
        device: Where to compute; None is the GPU if there is one.

    Returns:
        Scores and decisions, the model, and the data.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: Config, data and checkpoint do not fit each other.
    """
    if split == 'test' and not _has_test_images(cfg):
        split = 'val'
    data = build_split(cfg, split)
    model = load_model(cfg, checkpoint, device)
    check_classes(model, data.classes, checkpoint)
    logits = score_logits(model, data, cfg)
    judged = Judged.from_scores(
        *(data.classes, data.paths, data.labels, logits, model.calibration),
        'validation images' if split == 'val' else f'{split} images',
    )
    return judged, model, data


def _has_test_images(cfg: Config) -> bool:
    """Whether a config tests on other images than those of its validation."""
    if not has_split(cfg, 'test') or not has_split(cfg, 'val'):
        return has_split(cfg, 'test')
    return bool(cfg.val_dataloader['dataset'] != cfg.test_dataloader['dataset'])
