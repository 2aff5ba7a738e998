"""When representations are blended, and when the prototypes for it are computed."""

from __future__ import annotations

import time

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from rich.progress import track

from dsrb_mm.arguments import check_int
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.finite_checks import all_finite, batch_paths, shorten


@HOOKS.register_module()
class PrototypeHook(Hook):
    """Starts blending at an epoch and renews the prototypes from then on.

    At the start of epoch ``begin`` (counted from 0) and every ``interval`` epochs after it, the
    training set passes once through backbone and neck in eval mode, train-time augmentation on, and
    the known positives of each category and quadrant are averaged (arXiv 2205.13092, PPRB). The
    pass costs about one inference over the training set; it is skipped where PPRB is off.

    Args:
        begin: First epoch with blending; the published one is 5.
        interval: Epochs between two computations; the published number is 5.

    Raises:
        ValueError: ``begin`` below 0 or ``interval`` below 1.
    """

    # After hooks of normal priority: whatever they do to the model before an epoch is in effect.
    priority = 'LOW'

    def __init__(self, begin: int = 5, interval: int = 5) -> None:
        check_int('begin', begin)
        check_int('interval', interval, 1)
        self.begin = begin
        self.interval = interval

    def before_train_epoch(self, runner: Runner) -> None:
        """Switch blending on from its first epoch; compute prototypes where they are due."""
        model = bare_model(runner)
        head = model.head
        head.blending_active = runner.epoch >= self.begin
        due = runner.epoch - self.begin
        if head.pprb is not None and head.blending_active and due % self.interval == 0:
            self._compute(runner, model)

    @torch.no_grad()
    def _compute(self, runner: Runner, model: torch.nn.Module) -> None:
        start = time.perf_counter()
        bank = model.head.pprb.bank
        loader = self._dataloader(runner)
        model.eval()
        bank.reset()
        batches: list[tuple[torch.Tensor, list[str]]] = []
        for batch in track(
            loader,
            description=f'prototypes (epoch {runner.epoch + 1})',
            disable=not is_main_process(),
            transient=True,
        ):
            data = model.data_preprocessor(batch, False)
            with runner.optim_wrapper.optim_context(runner.model):
                feats = model.extract_feat(data['inputs'])
            target = model.head.stack_targets(data['data_samples'])
            bank.update(feats.semantic, target, feats.quadrant)
            batches.append((all_finite([feats.semantic]), batch_paths(batch)))
        bank.finish()
        # FiniteCheckHook stops training for it; here the images are known.
        for paths in [paths for finite, paths in batches if not finite]:
            runner.logger.error(f'features with NaN or infinity, of {shorten(paths)}')
        empty = int((bank.counts == 0).sum())
        runner.logger.info(
            f'prototypes from {int(bank.counts.sum())} known positives in '
            f'{time.perf_counter() - start:.1f} s; {empty} of {bank.counts.numel()} '
            '(category, quadrant) pairs are empty'
        )

    def _dataloader(self, runner: Runner) -> torch.utils.data.DataLoader:
        """The training data once: every image by exactly one process, none dropped or repeated."""
        config = dict(runner.cfg.train_dataloader)
        config.update(
            dataset=runner.train_dataloader.dataset,
            sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
            drop_last=False,
            persistent_workers=False,
        )
        config.pop('batch_sampler', None)
        return runner.build_dataloader(config, seed=runner.seed)
