"""When skipped images are reported: at the end of an epoch."""

from __future__ import annotations

from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from dsrb_mm.datasets.skipped_images import SKIPPED


@HOOKS.register_module()
class SkippedImageHook(Hook):
    """Warns after every epoch of the training images that could not be read, if any.

    They are left out where the training set says so: ``PartialLabelDataset(unreadable='skip')``.

    Args:
        shown: How many of them the warning names.
    """

    def __init__(self, shown: int = 5) -> None:
        self.shown = shown
        self._skipped: list[str] = []

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Note what is missing from this batch."""
        if isinstance(data_batch, dict):
            self._skipped += data_batch.get(SKIPPED, [])

    def after_train_epoch(self, runner: Runner) -> None:
        """Report the epoch's skipped images of all processes."""
        gathered = [reason for part in all_gather_object(self._skipped) for reason in part]
        self._skipped = []
        if gathered:
            more = '; ...' if len(gathered) > self.shown else ''
            runner.logger.warning(
                f'{len(gathered)} unreadable images were skipped in epoch {runner.epoch + 1}: '
                f'{"; ".join(gathered[: self.shown])}{more}'
            )
