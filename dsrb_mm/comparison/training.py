"""One run of a comparison in this process: trained quietly, scored on the test set."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
from mmengine.config import Config

from dsrb_mm.apis.scoring import score_logits
from dsrb_mm.comparison.scores import RunScores
from dsrb_mm.comparison.weights_hook import WeightsHook
from dsrb_mm.datasets.config_data import ConfigData
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.in_memory_runner import InMemoryRunner


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
    with closing(InMemoryRunner.from_cfg(cfg)) as runner:
        runner.register_hook(hook)
        runner.train()
    model = bare_model(runner).eval()
    scores = {}
    for kind in ('last', 'chosen'):
        if kind == 'last' or hook.chosen is not hook.last:
            model.load_state_dict(getattr(hook, kind))
            # Half precision would tie the scores of images that differ little.
            scores[kind] = score_logits(model, test, cfg).astype(np.float32)
    accumulated = cfg.optim_wrapper.get('accumulative_counts', 1)
    facts = dict(steps=runner.iter // accumulated, epochs=runner.epoch)
    facts.update(chosen_epoch=hook.chosen_epoch, seconds=time.monotonic() - start)
    if hook.best is not None:
        facts['held_out_mAP'] = hook.best
    last = scores['last']
    return RunScores(last, scores.get('chosen', last), test.labels), facts


@contextmanager
def output_to(log: Path) -> Iterator[None]:
    """Send what is printed and logged in the block to a file."""
    with ExitStack() as stack:
        file = stack.enter_context(log.open('w', encoding='utf-8'))
        stack.enter_context(redirect_stdout(file))
        stack.enter_context(redirect_stderr(file))
        yield
