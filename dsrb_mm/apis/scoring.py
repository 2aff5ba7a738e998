"""Scores of a trained model for every image of a data set."""

from __future__ import annotations

import numpy as np
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.runner import Runner
from rich.progress import track

from dsrb_mm.calibration import logits_of
from dsrb_mm.datasets.config_data import ConfigData, loader_settings
from dsrb_mm.evaluation.average_precision import check_scores
from dsrb_mm.models.heads import PartialLabelHead


@torch.no_grad()
def score_images(
    model: BaseModel, data: ConfigData, cfg: Config, field: str = 'pred_score'
) -> np.ndarray:
    """Predict every image of a data set once, in order.

    Args:
        model: Multi-label classifier in eval mode.
        data: The images, with a pipeline without augmentation.
        cfg: Its data loader says batch size and workers.
        field: What of a prediction is taken: probabilities, or ``'pred_logit'``.

    Shape:
        -> (N, C) float32.

    Raises:
        ValueError: The model gives another number of categories, or scores that are not finite.
    """
    loader = Runner.build_dataloader(dict(loader_settings(cfg), dataset=data.samples))
    rows = []
    for batch in track(loader, f'scoring {data.split} images', transient=True):
        rows += [sample.get(field).float().cpu().numpy() for sample in model.test_step(batch)]
    scores = np.stack(rows)
    if scores.shape != data.labels.shape:
        raise ValueError(
            f'expected scores of shape {data.labels.shape} for the {data.split} images and '
            f'categories, but got {scores.shape}'
        )
    check_scores(scores)
    return scores


def score_logits(model: BaseModel, data: ConfigData, cfg: Config) -> np.ndarray:
    """Logits of every image of a data set; see :func:`score_images`.

    Heads of MMPretrain give probabilities alone: 0 and 1 become logits of about -16 and 16.

    Shape:
        -> (N, C) float64.
    """
    if isinstance(model.head, PartialLabelHead):
        return score_images(model, data, cfg, 'pred_logit').astype(np.float64)
    return logits_of(score_images(model, data, cfg))
