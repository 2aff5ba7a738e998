"""One run of a comparison in this process: trained quietly, scored on the test set."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
from mmengine.config import Config
from mmengine.model import BaseModel

from dsrb_mm.calibration import logits_of
from dsrb_mm.comparison.scores import RunScores
from dsrb_mm.comparison.weights_hook import WeightsHook
from dsrb_mm.completion.scoring import score_images
from dsrb_mm.datasets.config_data import ConfigData
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.in_memory_runner import InMemoryRunner
from dsrb_mm.models.heads import PartialLabelHead


def train_and_score(cfg: Config, test: ConfigData, name: str) -> tuple[RunScores, dict[str, float]]:
    """Train a config and score the test images with the weights of two epochs.

    Args:
        cfg: What :func:`run_config` gave.
        test: The test images.
        name: Of the run, unique in this process.

    Returns:
        The scores, and numbers about the training: ``steps``, ``epochs``, ``chosen_epoch``,
        ``held_out_mAP`` (of the chosen epoch), ``seconds``.
    """
    start = time.monotonic()
    hook = WeightsHook()
    cfg = Config(dict(cfg.to_dict(), experiment_name=name))
    runner = InMemoryRunner.from_cfg(cfg)
    runner.register_hook(hook)
    try:
        runner.train()
    finally:
        runner.close()
    model = bare_model(runner).eval()
    scores = {}
    for kind in ('last', 'chosen'):
        if kind == 'last' or hook.chosen is not hook.last:
            model.load_state_dict(getattr(hook, kind))
            scores[kind] = _logits(model, test, cfg)
    accumulated = cfg.optim_wrapper.get('accumulative_counts', 1)
    facts = dict(steps=runner.iter // accumulated, epochs=runner.epoch)
    facts.update(chosen_epoch=hook.chosen_epoch, seconds=time.monotonic() - start)
    if hook.best is not None:
        facts['held_out_mAP'] = hook.best
    last = scores['last']
    return RunScores(last, scores.get('chosen', last), test.labels), facts


def _logits(model: BaseModel, test: ConfigData, cfg: Config) -> np.ndarray:
    if isinstance(model.head, PartialLabelHead):
        logits = score_images(model, test, cfg, 'pred_logit')
    else:
        logits = logits_of(score_images(model, test, cfg))
    # Half precision would tie the scores of images that differ little, early in a training.
    return logits.astype(np.float32)


@contextmanager
def output_to(log: Path) -> Iterator[None]:
    """Send what is printed and logged in the block to a file."""
    with ExitStack() as stack:
        file = stack.enter_context(log.open('w', encoding='utf-8'))
        stack.enter_context(redirect_stdout(file))
        stack.enter_context(redirect_stderr(file))
        yield
