"""When checkpoints are written, and when old ones may go."""

from __future__ import annotations

from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from dsrb_mm.engine.checkpoints.atomic_backend import ATOMIC, AtomicBackend
from dsrb_mm.engine.checkpoints.checkpoint_files import POINTER
from dsrb_mm.fileio.atomic import remove_unfinished, write_atomically

_OUTDATED = 'outdated_ckpts'


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """MMEngine's CheckpointHook with a whole checkpoint on the disk at every moment.

    Checkpoints, best checkpoints and ``last_checkpoint`` are written in one step, and an old
    checkpoint (``max_keep_ckpts``, the previous best) is removed only after the new one and the
    pointer to it are on the disk. There must be room for one checkpoint more than are kept.

    Takes the arguments of MMEngine's hook. With a remote ``out_dir``, ``backend_args`` or
    ``file_client_args``, checkpoints are stored as MMEngine does it.
    """

    backend_args: dict | None

    def before_train(self, runner: Runner) -> None:
        """Find the folder; remove what a kill has left there."""
        place = str(self.out_dir or runner.work_dir)
        if self.backend_args is None and self.file_client_args is None and '://' not in place:
            self.backend_args = dict(backend=ATOMIC)
        super().before_train(runner)
        if runner._resume and runner.iter:
            # MMEngine would not write it again after a better validation of the resumed epoch.
            step = runner.epoch if self.by_epoch else runner.iter
            self.last_ckpt = self.file_backend.join_path(
                self.out_dir, self.filename_tmpl.format(step)
            )
        if isinstance(self.file_backend, AtomicBackend) and is_main_process():
            for path in remove_unfinished(Path(self.out_dir)):
                runner.logger.info(f'removed {path}, which was cut off while it was written')
            # Names, not paths: the folder may have been moved.
            for name in runner.message_hub.runtime_info.get(_OUTDATED, []):
                self.file_backend.remove(self.file_backend.join_path(self.out_dir, name))
        self._remove_outdated(runner)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Write a checkpoint, point to it, and only then remove the outdated ones."""
        self._rotate(runner, step)
        if isinstance(self.file_backend, AtomicBackend):
            # Stands in the new checkpoint: should a kill come before the removal, a resumed run
            # removes them.
            outdated = sorted({Path(path).name for path in self.file_backend.outdated})
            runner.message_hub.update_info(_OUTDATED, outdated)
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            self.file_client_args,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        if is_main_process():
            write_atomically(Path(runner.work_dir) / POINTER, str(self.last_ckpt).encode())
        self._remove_outdated(runner)

    def _rotate(self, runner: Runner, step: int) -> None:
        """Note the oldest checkpoint for removal where ``max_keep_ckpts`` asks for it."""
        if self.max_keep_ckpts <= 0 or (self.keep_ckpt_ids and self.keep_ckpt_ids[-1] == step):
            return
        if len(self.keep_ckpt_ids) == self.max_keep_ckpts:
            name = self.filename_tmpl.format(self.keep_ckpt_ids.popleft())
            path = self.file_backend.join_path(self.out_dir, name)
            if is_main_process() and self.file_backend.isfile(path):
                self.file_backend.remove(path)
            elif is_main_process() and self.file_backend.isdir(path):
                self.file_backend.rmtree(path)
        self.keep_ckpt_ids.append(step)
        runner.message_hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        """As MMEngine's; what it removes is removed last."""
        super()._save_best_checkpoint(runner, metrics)
        self._remove_outdated(runner)

    def _remove_outdated(self, runner: Runner) -> None:
        if isinstance(self.file_backend, AtomicBackend) and is_main_process():
            info = runner.message_hub.runtime_info
            used = {str(value) for key, value in info.items() if key.startswith('best_ckpt')}
            self.file_backend.remove_outdated({*used, str(self.last_ckpt)})
