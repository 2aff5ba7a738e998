"""Store what a training needs to go on, and resume from the newest whole checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import EarlyStoppingHook, Hook
from mmengine.runner import BaseLoop, EpochBasedTrainLoop, Runner
from mmpretrain.registry import HOOKS

from dsrb_mm.engine.checkpoints.checkpoint_files import ResumeError, damage, find_resumable
from dsrb_mm.engine.checkpoints.checkpoint_weights import read_checkpoint
from dsrb_mm.engine.checkpoints.plain_content import make_plain, restore_objects
from dsrb_mm.engine.checkpoints.training_facts import (
    describe_changed_data,
    describe_changed_schedule,
    schedule_settings,
    training_data,
)
from dsrb_mm.fileio.paths import user_path

# Not 'val...' or 'train...': MMEngine would log them beside the metrics.
_VALIDATED = 'last_validated_epoch'
_DATA = 'data_of_training'
_EARLY_STOPPING = 'early_stopping'


@HOOKS.register_module()
class ResumeHook(Hook):
    """Makes checkpoints that a training can go on from, and goes on from the newest whole one.

    * Checkpoints hold tensors and plain containers only, so that ``weights_only`` loading reads
      them. The file of ``load_from`` or ``resume`` is read like that before MMEngine loads it.
    * MMEngine resumes from what ``last_checkpoint`` names and fails if that file is damaged. This
      hook goes back to the newest one that is whole, and names the others in a warning.
    * An epoch's checkpoint is written before the epoch is validated. If a run is killed in between,
      the resumed run validates that epoch first.
    * Checkpoints also get the patience of MMEngine's ``EarlyStoppingHook``.
    * A changed training set and a changed schedule are warned of.

    Raises:
        ResumeError: There are checkpoints, but none of them is whole, or the one that is given
            holds weights only.
        CheckpointFileError: A checkpoint holds objects that could run code when loaded.
    """

    # Last: validation needs the label graph and the checkpoint hook's folder, and other hooks see
    # MMEngine's own objects in what is saved.
    priority = 'LOWEST'

    def __init__(self) -> None:
        self._resuming = False
        self._source: str | None = None
        self._schedule: list[dict[str, Any]] = []
        self._saved: dict[str, Any] = {}

    def before_run(self, runner: Runner) -> None:
        """Choose the checkpoint and check it, on one process for all."""
        # What is saved after a validation, such as the best checkpoint, must know what it did to
        # the patience.
        runner._hooks = sorted(runner.hooks, key=lambda h: not isinstance(h, EarlyStoppingHook))
        if not isinstance(runner._train_loop, BaseLoop):
            # Testing, with a config that a resumed training has left.
            runner._resume = False
        self._resuming = bool(runner._resume)
        self._schedule = schedule_settings(runner) if self._resuming else []
        choice: list = [None, None]
        if is_main_process():
            try:
                choice[0] = self._choose(runner, runner._load_from)
            except (ValueError, OSError) as error:
                choice[1] = error
        broadcast_object_list(choice)
        if choice[1] is not None:
            raise choice[1]
        runner._load_from = self._source = choice[0]

    def _choose(self, runner: Runner, given: str | None) -> str | None:
        if given is None and self._resuming:
            given = self._newest(runner)
        elif given is not None and self._resuming and '://' not in given:
            wrong = damage(user_path(given))
            if wrong is not None:
                raise ResumeError(
                    f'expected the checkpoint to resume from to be whole, but got {given}, '
                    f'which {wrong}'
                )
        if given is not None and '://' not in given:
            read_checkpoint(given)
        return given

    def _newest(self, runner: Runner) -> str | None:
        found = find_resumable(Path(runner.work_dir))
        if found.path is None and found.rejected:
            raise ResumeError(
                f'expected {runner.work_dir} to hold a whole checkpoint to resume from, but got '
                f'{"; ".join(found.rejected)}; to start anew, train without --resume'
            )
        for message in found.rejected:
            runner.logger.warning(f'{message}; going back to {found.path}')
        if found.path is None:
            runner.logger.info(f'no checkpoint in {runner.work_dir} yet: training starts anew')
            return None
        return str(found.path)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Restore MMEngine's objects, which the runner reads after this."""
        meta = checkpoint.get('meta')
        if isinstance(meta, dict):
            meta.pop('config', None)  # MMEngine would execute it
        if self._resuming and 'optimizer' not in checkpoint:
            raise ResumeError(
                f'expected {self._source} to hold the state of a training, but got weights '
                'without the state of an optimiser, as best checkpoints have them; to start a new '
                f'training from these weights: --cfg-options load_from={self._source}'
            )
        restore_objects(checkpoint)
        if self._resuming:
            info = checkpoint['message_hub']['runtime_info']
            names = ('epoch', _DATA, _VALIDATED)
            self._saved = {name: info.get(name) for name in names}
            self._saved[_EARLY_STOPPING] = checkpoint.get(_EARLY_STOPPING)

    def before_train(self, runner: Runner) -> None:
        """Go on as the checkpoint says; validate its epoch if the run before did not get so far."""
        loop = runner.train_loop
        data = training_data(runner)
        runner.message_hub.update_info(_DATA, data)
        if not self._saved:
            return
        _restore_patience(runner, self._saved[_EARLY_STOPPING])
        for message in (
            describe_changed_schedule(self._schedule, schedule_settings(runner)),
            describe_changed_data(self._saved[_DATA], data),
        ):
            if message is not None:
                runner.logger.warning(message)
        if isinstance(loop, EpochBasedTrainLoop):
            self._complete_epoch(runner, loop)
        self._saved = {}

    def _complete_epoch(self, runner: Runner, loop: EpochBasedTrainLoop) -> None:
        if self._saved['epoch'] == loop.epoch:  # it ended with an epoch if it counts one more
            runner.logger.warning(
                f'the checkpoint is of iteration {loop.iter}, within epoch {loop.epoch + 1}: the '
                'epoch is trained anew from its start, and the result will not be that of a '
                'training without interruption'
            )
        elif self._owes_validation(runner, loop):
            done = '; nothing is left to train' if loop.epoch >= loop.max_epochs else ''
            runner.logger.info(
                f'the checkpoint of epoch {loop.epoch} was written before its validation, which is '
                f'done now{done}'
            )
            # As the last iteration of the epoch left them.
            runner.message_hub.update_info('epoch', loop.epoch - 1)
            runner.message_hub.update_info('iter', loop.iter - 1)
            runner.val_loop.run()

    def _owes_validation(self, runner: Runner, loop: EpochBasedTrainLoop) -> bool:
        if runner.val_loop is None or loop.epoch < loop.val_begin:
            return False
        if self._saved[_VALIDATED] == loop.epoch:
            return False
        loop._decide_current_val_interval()
        return loop.epoch % loop.val_interval == 0 or loop.epoch == loop.max_epochs

    def before_val_epoch(self, runner: Runner) -> None:
        """Note the epoch; a checkpoint holds the note only if it was written after validation."""
        runner.message_hub.update_info(_VALIDATED, runner.epoch)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add how long there has been no better score; leave plain containers only."""
        hooks = [hook for hook in runner.hooks if isinstance(hook, EarlyStoppingHook)]
        if hooks:
            checkpoint[_EARLY_STOPPING] = dict(
                stop=bool(runner.train_loop.stop_training),
                scores={h.monitor: [h.wait_count, float(h.best_score)] for h in hooks},
            )
        make_plain(checkpoint)


def _restore_patience(runner: Runner, state: dict[str, Any] | None) -> None:
    """Go on waiting for a better score from where the checkpoint was written."""
    hooks = [hook for hook in runner.hooks if isinstance(hook, EarlyStoppingHook)]
    if not hooks or state is None:
        return
    runner.train_loop.stop_training = state['stop']
    for hook in hooks:
        if hook.monitor in state['scores']:
            hook.wait_count, hook.best_score = state['scores'][hook.monitor]
