"""A calibration for a checkpoint that has none, or one with the precision asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from mmengine.config import Config

from dsrb_mm.apis import check_classes, load_model
from dsrb_mm.apis.scoring import score_logits
from dsrb_mm.calibration import NEVER, Calibration, fit_calibration, image_keys
from dsrb_mm.completion.category_thresholds import fit_thresholds, values
from dsrb_mm.completion.thresholds import TrustRule
from dsrb_mm.datasets.config_data import build_split


def calibrate_checkpoint(
    cfg: Config,
    checkpoint: str | Path,
    precision: float | None = None,
    split: str = 'val',
    device: str | None = None,
) -> Calibration:
    """Fit a calibration on the known labels of a split; nothing is written.

    ``store_calibration(checkpoint, found)`` puts it into the file.

    Args:
        cfg: Config that the model was trained with.
        checkpoint: Its weights.
        precision: None chooses thresholds of the best F1. A number in [0.5, 1) chooses the lowest
            ones that keep this precision with a confidence of 95 %, as filling in labels does
            (:func:`~dsrb_mm.completion.fit_thresholds`); a category for which the labels do not
            show that is never predicted.
        split: ``'val'`` or ``'test'``.
        device: Where to compute; None is the GPU if there is one.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: Config, data and checkpoint do not fit each other, ``precision`` is out of
            range, or no category keeps it.
    """
    rule = None if precision is None else TrustRule(precision)
    data = build_split(cfg, split)
    model = load_model(cfg, checkpoint, device)
    check_classes(model, data.classes, checkpoint)
    logits = score_logits(model, data, cfg)
    found = fit_calibration(logits, data.labels, image_keys(data.paths), split)
    if rule is None:
        return found
    thresholds = values(fit_thresholds(found.probabilities(logits), data.labels, rule).present)
    if np.isinf(thresholds).all():
        raise ValueError(
            f'no category can be shown to keep a precision of {precision:g} by the labels of these '
            f'{len(data.labels)} images: nothing would ever be predicted'
        )
    return found.with_thresholds(
        np.where(np.isinf(thresholds), NEVER, thresholds).tolist(), f'precision {precision:g}'
    )
