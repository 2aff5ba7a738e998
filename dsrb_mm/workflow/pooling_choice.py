"""How much the peaks of saliency maps weigh, chosen by held-out labels."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from mmengine.config import Config

from dsrb_mm.completion.scoring import score_images
from dsrb_mm.datasets.config_data import ConfigData, build_split
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.evaluation.average_precision import average_precision
from dsrb_mm.features import use_cached_features
from dsrb_mm.workflow.quiet_runner import QuietRunner

# 0 is a linear layer on globally pooled features, 0.5 the weight of SR (ICCV 2023).
WEIGHTS = (0.0, 0.5, 2.0)
_WITHOUT = ('resume', 'calibration', 'console')  # hooks that a trial has no use for


def choose_saliency_weight(
    cfg: Config, weights: tuple[float, ...] = WEIGHTS
) -> tuple[float, dict[float, float]]:
    """Train a saliency head with each weight, and compare them on the validation labels.

    Labels of a whole image, such as the genre of a film on its poster, are best read from the mean
    of a map, and small objects from its peaks (docs/small_data.md). Gradients do not tell which it
    is: on the training labels, larger weights fit better. The weights are compared by the average
    precision of all known validation labels in one ranking, which is less noisy than the mean over
    categories where these have few labels each.

    Args:
        cfg: Config with a :class:`SaliencyHead` on a frozen backbone; its features are cached.
        weights: What to try.

    Returns:
        The best weight, and the average precision of each in percent; nan without labels that are
        known to be present, and then the best is the weight of SR if it is among them, else the
        first.

    Example:
        >>> weight, scores = choose_saliency_weight(cfg)
        >>> cfg.model.head.saliency_weight = weight
    """
    cfg = use_cached_features(cfg, keep_backbone=False)
    data = build_split(cfg, 'val')
    scores = {weight: _score(cfg, weight, data) for weight in weights}
    known = {weight: score for weight, score in scores.items() if not math.isnan(score)}
    if not known:
        return (0.5 if 0.5 in weights else weights[0]), scores
    return max(known, key=known.__getitem__), scores


def pooled_average_precision(scores: np.ndarray, labels: np.ndarray) -> float:
    """Average precision of the labels of all categories in one ranking, in percent.

    Where no label is known to be absent, unknown ones count as absent.

    Shape:
        (N, C) scores, (N, C) labels in {1, 0, -1}.
    """
    if not (labels == 0).any():
        labels = labels == 1
    interpolated, _ = average_precision(scores.reshape(-1, 1), labels.reshape(-1, 1).astype(int))
    return 100 * float(interpolated[0])


def _score(cfg: Config, weight: float, data: ConfigData) -> float:
    cfg = copy.deepcopy(cfg)
    cfg.model.head.saliency_weight = weight
    for name in _WITHOUT:
        cfg.default_hooks.pop(name, None)
    cfg.default_hooks.checkpoint = None
    cfg.train_cfg.val_interval = cfg.train_cfg.max_epochs + 1
    cfg.visualizer = dict(type='Visualizer', vis_backends=[])
    with TemporaryDirectory() as folder:
        cfg.work_dir = folder
        # The name tells the runner's records apart from those of other runs in this process.
        cfg.experiment_name = f'saliency_weight_{weight}_{Path(folder).name}'
        complete_model(cfg)
        runner = QuietRunner.from_cfg(cfg)
        runner.train()
        scores = score_images(bare_model(runner).eval(), data, cfg, 'pred_logit')
    return pooled_average_precision(scores, data.labels)
