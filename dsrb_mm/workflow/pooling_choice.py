"""How much the peaks of saliency maps weigh, chosen by held-out labels."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from tempfile import TemporaryDirectory

from mmengine.config import Config

from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.features import use_cached_features
from dsrb_mm.workflow.quiet_runner import QuietRunner

# 0 is a linear layer on globally pooled features, 0.5 the weight of SR (ICCV 2023).
WEIGHTS = (0.0, 0.5, 2.0)
_METRIC = 'val/multi-label/mAP'
_WITHOUT = ('resume', 'calibration', 'console')  # hooks that a trial has no use for


def choose_saliency_weight(
    cfg: Config, weights: tuple[float, ...] = WEIGHTS
) -> tuple[float, dict[float, float]]:
    """Train a saliency head with each weight, and compare them on the validation labels.

    Labels of a whole image, such as the mood of a poster, are best read from the mean of a map, and
    small objects from its peaks (docs/small_data.md). Gradients do not tell which it is: on the
    training labels, larger weights fit better.

    Args:
        cfg: Config with a :class:`SaliencyHead` on a frozen backbone; its features are cached.
        weights: What to try.

    Returns:
        The best weight, and the mAP of each after its last epoch. Where no mAP is defined, the best
        is the weight of SR if it is among them, else the first.

    Example:
        >>> weight, scores = choose_saliency_weight(cfg)
        >>> cfg.model.head.saliency_weight = weight
    """
    cfg = use_cached_features(cfg, keep_backbone=False)
    scores = {weight: _score(cfg, weight) for weight in weights}
    known = {weight: score for weight, score in scores.items() if not math.isnan(score)}
    if not known:
        return (0.5 if 0.5 in weights else weights[0]), scores
    return max(known, key=known.__getitem__), scores


def _score(cfg: Config, weight: float) -> float:
    cfg = copy.deepcopy(cfg)
    cfg.model.head.saliency_weight = weight
    for name in _WITHOUT:
        cfg.default_hooks.pop(name, None)
    cfg.default_hooks.checkpoint = None
    cfg.visualizer = dict(type='Visualizer', vis_backends=[])
    with TemporaryDirectory() as folder:
        cfg.work_dir = folder
        # The name tells the runner's records apart from those of other runs in this process.
        cfg.experiment_name = f'saliency_weight_{weight}_{Path(folder).name}'
        complete_model(cfg)
        runner = QuietRunner.from_cfg(cfg)
        runner.train()
        return float(runner.message_hub.get_scalar(_METRIC).current())
