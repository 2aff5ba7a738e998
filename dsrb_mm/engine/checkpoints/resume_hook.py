"""What a training is resumed from, and what the one before still owed."""

from __future__ import annotations

from pathlib import Path

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import EarlyStoppingHook, Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmpretrain.registry import HOOKS

from dsrb_mm.engine.checkpoints.checkpoint_files import (
    DamagedCheckpointError,
    damage,
    find_resumable,
)

# Not 'val...': MMEngine would log it beside the metrics.
_VALIDATED = 'last_validated_epoch'
_EARLY_STOPPING = 'early_stopping'


@HOOKS.register_module()
class ResumeHook(Hook):
    """Resumes from the newest whole checkpoint, and makes up for a validation that was cut off.

    MMEngine resumes from what ``last_checkpoint`` names and fails if that file is damaged. This
    hook goes back to the newest one that is whole, and names the others in a warning.

    An epoch's checkpoint is written before the epoch is validated. A run that is killed in
    between would never be validated at that epoch, and might miss its best checkpoint; here it is
    validated when it is resumed.

    Checkpoints also get the patience of MMEngine's ``EarlyStoppingHook``, which it forgets.

    Raises:
        DamagedCheckpointError: There are checkpoints, but none of them is whole.
    """

    # Last: validation needs the label graph and the checkpoint hook's folder.
    priority = 'LOWEST'

    def before_run(self, runner: Runner) -> None:
        """Choose the checkpoint, on one process for all."""
        # What is saved after a validation, such as the best checkpoint, must know what it did to
        # the patience.
        runner._hooks = sorted(runner.hooks, key=lambda h: not isinstance(h, EarlyStoppingHook))
        if not runner._resume or runner._has_loaded:
            return
        choice: list = [None, None]
        if is_main_process():
            try:
                choice[0] = self._choose(runner)
            except DamagedCheckpointError as error:
                choice[1] = str(error)
        broadcast_object_list(choice)
        if choice[1] is not None:
            raise DamagedCheckpointError(choice[1])
        runner._load_from = choice[0]

    def _choose(self, runner: Runner) -> str | None:
        given = runner._load_from
        if given is not None:
            wrong = damage(Path(given).expanduser()) if '://' not in given else None
            if wrong is not None:
                raise DamagedCheckpointError(
                    f'expected the checkpoint to resume from to be whole, but got {given}, '
                    f'which {wrong}'
                )
            return given
        found = find_resumable(Path(runner.work_dir))
        if found.path is None and found.rejected:
            raise DamagedCheckpointError(
                f'expected {runner.work_dir} to hold a whole checkpoint to resume from, but got '
                f'{"; ".join(found.rejected)}; to start anew, train without --resume'
            )
        for message in found.rejected:
            runner.logger.warning(f'{message}; going back to {found.path}')
        if found.path is None:
            runner.logger.info(f'no checkpoint in {runner.work_dir} yet: training starts anew')
            return None
        return str(found.path)

    def before_train(self, runner: Runner) -> None:
        """Validate the epoch of the checkpoint if the run before did not get so far."""
        loop = runner.train_loop
        if not runner._resume or loop.iter == 0 or not isinstance(loop, EpochBasedTrainLoop):
            return
        if loop.iter != loop.epoch * len(loop.dataloader):
            runner.logger.warning(
                f'the checkpoint is of iteration {loop.iter}, which is not the end of an epoch of '
                f'{len(loop.dataloader)} iterations: the epoch is trained anew from its start, and '
                'the result will not be that of a training without interruption'
            )
        elif self._owes_validation(runner, loop):
            runner.logger.info(f'validating epoch {loop.epoch}, which the run before did not')
            # As the last iteration of the epoch left them.
            runner.message_hub.update_info('epoch', loop.epoch - 1)
            runner.message_hub.update_info('iter', loop.iter - 1)
            runner.val_loop.run()

    def before_val_epoch(self, runner: Runner) -> None:
        """Note the epoch; a checkpoint holds the note only if it was written after validation."""
        if isinstance(runner._train_loop, EpochBasedTrainLoop):
            runner.message_hub.update_info(_VALIDATED, runner.epoch)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add how long there has been no better score, and whether training ends for it."""
        hooks = [hook for hook in runner.hooks if isinstance(hook, EarlyStoppingHook)]
        if hooks:
            checkpoint[_EARLY_STOPPING] = dict(
                stop=bool(runner.train_loop.stop_training),
                scores={h.monitor: [h.wait_count, float(h.best_score)] for h in hooks},
            )

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Go on waiting from there; a training that only starts from the weights does not."""
        hooks = [hook for hook in runner.hooks if isinstance(hook, EarlyStoppingHook)]
        if not runner._resume or not hooks or _EARLY_STOPPING not in checkpoint:
            return
        state = checkpoint[_EARLY_STOPPING]
        runner.train_loop.stop_training = state['stop']
        for hook in hooks:
            if hook.monitor in state['scores']:
                hook.wait_count, hook.best_score = state['scores'][hook.monitor]

    @staticmethod
    def _owes_validation(runner: Runner, loop: EpochBasedTrainLoop) -> bool:
        if runner.val_loop is None or loop.epoch < loop.val_begin:
            return False
        if runner.message_hub.runtime_info.get(_VALIDATED) == loop.epoch:
            return False
        loop._decide_current_val_interval()
        return loop.epoch % loop.val_interval == 0 or loop.epoch == loop.max_epochs
