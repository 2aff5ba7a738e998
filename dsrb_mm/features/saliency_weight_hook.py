"""The saliency weight of a head, chosen by held-out labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmpretrain.registry import HOOKS

from dsrb_mm.arguments import check_number
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.hooks.console_hook import say
from dsrb_mm.engine.in_memory_runner import InMemoryRunner, in_memory_config, trial_run
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.evaluation import KeptScores, MicroAveragePrecision, clearly_better
from dsrb_mm.features.cached_config import FOLDER, is_cached, refusal, use_cached_features
from dsrb_mm.models.heads import SaliencyHead

# 0 is a linear layer on globally pooled features, 0.5 the weight of SR (ICCV 2023).
WEIGHTS = (0.0, 0.5, 2.0)
_WITHOUT = ('calibration', 'console')  # hooks that a trial has no use for
_RESAMPLES = 200


@HOOKS.register_module()
class SaliencyWeightHook(Hook):
    """Chooses the saliency weight of a :class:`SaliencyHead` before training (ours).

    Labels of a whole image, such as the genre of a film on its poster, are best read from the mean
    of a map, and small objects from its highest locations. Gradients do not tell which it is: on
    the training labels, larger weights fit better. So :func:`choose_saliency_weight` trains one
    model with each weight, on the cached features of the frozen backbone. Where one ranks the
    validation labels clearly better than the weight of the config, it is set in the head, whose
    checkpoints keep it. Measured in docs/small_data.md.

    The weight of the config stays, with a warning, where features cannot be cached
    (:func:`refusal`), the training is not one in epochs or there is no validation set. A training
    that is resumed keeps what was chosen.

    Args:
        weights: What to try beside the weight of the config, each 0 or more.
        folder: Where features are cached that are not yet: see :func:`use_cached_features`.

    Raises:
        ValueError: No weight, one below 0, or, before training, a head without one map per
            category.
        TypeError: A weight that is not a number.

    Example:
        >>> custom_hooks = [dict(type='SaliencyWeightHook')]
    """

    # Before hooks that show the training or read the labels.
    priority = 'VERY_HIGH'

    def __init__(self, weights: Sequence[float] = WEIGHTS, folder: str | Path = FOLDER) -> None:
        self.weights = tuple(check_number('weights', weight, 0) for weight in weights)
        if not self.weights:
            raise ValueError('expected weights to be one or more, but got none')
        self.folder = folder

    def before_train(self, runner: Runner) -> None:
        """Choose the weight and set it, also in averages of the model."""
        models = [bare_model(runner)]
        models += [hook.ema_model.module for hook in runner.hooks if hasattr(hook, 'ema_model')]
        heads = [model.head for model in models]
        for head in heads:
            maps = len(getattr(head, 'saliency_weights', ()))
            if not isinstance(head, SaliencyHead) or maps > 1:
                raise ValueError(
                    'SaliencyWeightHook needs a SaliencyHead with one map per category, but '
                    f'model.head is a {type(head).__name__}{f" with {maps}" if maps else ""}'
                )
        if runner.iter:
            return
        reason = self._refusal(runner)
        if reason is not None:
            weight = heads[0].saliency_weights.item()
            runner.logger.warning(f'saliency_weight is not chosen, and stays {weight:g}: {reason}')
            return
        say(
            runner,
            'choosing the saliency weight by the validation labels: features of all images, then a '
            'short training with each weight',
        )
        weight, _ = choose_saliency_weight(
            runner.cfg, self.weights, self.folder, partial(say, runner)
        )
        for head in heads:
            head.saliency_weights.fill_(weight)
        say(runner, f'saliency weight: {weight:g}')

    @staticmethod
    def _refusal(runner: Runner) -> str | None:
        if runner.val_loop is None:
            return 'there is no validation set'
        if not isinstance(runner.train_loop, EpochBasedTrainLoop):
            return 'the training is not one in epochs'
        return None if is_cached(runner.cfg) else refusal(runner.cfg)


def choose_saliency_weight(
    cfg: Config,
    weights: Sequence[float] = WEIGHTS,
    folder: str | Path = FOLDER,
    report: Callable[[str], None] = lambda text: None,
) -> tuple[float, dict[float, float]]:
    """Train a saliency head with each weight, and compare them on the validation labels.

    The weights are compared by the average precision of all known validation labels in one ranking
    (:class:`MicroAveragePrecision`). The weight of the config stays, unless another one is better
    by more than chance (:func:`clearly_better`); of several such weights, the best is taken.

    Args:
        cfg: Config with a :class:`SaliencyHead` on a frozen backbone or on its cached features.
        weights: What to try beside the weight of the config.
        folder: Where features are cached that are not yet.
        report: Is told what came out of each weight, when it did.

    Returns:
        The chosen weight, and the average precision of each in percent; nan without labels that are
        known to be present.

    Raises:
        ValueError: The features cannot be cached; the message says why.

    Example:
        >>> weight, scores = choose_saliency_weight(cfg)
        >>> cfg.model.head.saliency_weight = weight
    """
    # A test set is not read, and may not be there.
    cfg = use_cached_features(cfg, folder, keep_backbone=False, splits=('train', 'val'))
    own = float(cfg.model.head.get('saliency_weight', 0.5))
    found = {}
    for weight in dict.fromkeys((own, *weights)):
        found[weight] = _precision(cfg, weight)
        report(f'  {weight:g}: average precision {found[weight].value:.1f}')
    number = found[own].num_images
    draws = np.random.default_rng(0).multinomial(number, np.full(number, 1 / number), _RESAMPLES)
    better = [w for w in found if w != own and clearly_better(found[w], found[own], draws)]
    scores = {weight: precision.value for weight, precision in found.items()}
    return max(better, key=scores.__getitem__, default=own), scores


def _precision(cfg: Config, weight: float) -> MicroAveragePrecision:
    with trial_run(), TemporaryDirectory() as temporary:
        cfg = in_memory_config(cfg, temporary, _WITHOUT)
        cfg.model.head.saliency_weight = weight
        cfg.custom_hooks = [
            hook
            for hook in cfg.get('custom_hooks') or ()
            if hook['type'] not in ('SaliencyWeightHook', SaliencyWeightHook)
        ]
        cfg.train_cfg.val_interval = cfg.train_cfg.max_epochs  # which is evaluated in any case
        cfg.log_level = 'ERROR'
        # The name tells the runner's records apart from those of other runs in this process.
        cfg.experiment_name = f'saliency_weight_{weight}_{Path(temporary).name}'
        complete_model(cfg)
        with closing(InMemoryRunner.from_cfg(cfg)) as runner:
            runner.train()
            kept = KeptScores()
            runner.val_loop.evaluator = Evaluator(kept)
            runner.val_loop.run()
        return MicroAveragePrecision(kept.scores, kept.labels)
