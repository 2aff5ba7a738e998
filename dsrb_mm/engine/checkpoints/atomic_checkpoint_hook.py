"""When checkpoints are written, and when old ones may go."""

from __future__ import annotations

import os
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.runner import BaseLoop, Runner
from mmpretrain.registry import HOOKS

from dsrb_mm.engine.checkpoints.atomic_backend import ATOMIC, AtomicBackend
from dsrb_mm.engine.checkpoints.checkpoint_files import POINTER
from dsrb_mm.engine.checkpoints.recorded_files import (
    OUTDATED,
    CheckpointNames,
    RecordedFiles,
    set_aside,
    take_records,
)
from dsrb_mm.fileio.atomic import remove_unfinished, write_atomically
from dsrb_mm.fileio.locks import FolderLock
from dsrb_mm.fileio.paths import user_path


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """MMEngine's CheckpointHook with a whole checkpoint on the disk at every moment.

    Checkpoints, best checkpoints and ``last_checkpoint`` are written in one step, and an old
    checkpoint (``max_keep_ckpts``, the previous best) is removed only after the new one and the
    pointer to it are on the disk. There must be room for one checkpoint more than are kept.

    Only regular files in the folder of the checkpoints that have one of this hook's names are ever
    removed, whatever the checkpoint says that a training is resumed from. If that checkpoint lies
    in another folder, the files it names are left alone. A new training in a folder with
    checkpoints moves these to a folder of their own, ``earlier_<time>``.

    A second training in the folder of one that is running is refused.

    Takes the arguments of MMEngine's hook. With a remote ``out_dir``, ``backend_args`` or
    ``file_client_args``, checkpoints are stored as MMEngine does it.

    Raises:
        ValueError: ``filename_tmpl`` leads into another folder.
        BlockingIOError: Another training is at work in the folder.
    """

    backend_args: dict | None

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._lock: FolderLock | None = None
        if os.path.basename(self.filename_tmpl) != self.filename_tmpl:
            raise ValueError(
                f'expected filename_tmpl to be a file name, but got {self.filename_tmpl!r}'
            )

    def before_run(self, runner: Runner) -> None:
        """Keep a second training out of the folder: each would remove the other's checkpoints."""
        training = isinstance(runner._train_loop, BaseLoop)  # built where one begins
        if training and is_main_process() and '://' not in str(runner.work_dir):
            self._lock = FolderLock(runner.work_dir, 'training')
            self._lock.acquire()

    def after_run(self, runner: Runner) -> None:
        """Let others in."""
        if self._lock is not None:
            self._lock.release()

    def before_train(self, runner: Runner) -> None:
        """Find the folder; remove what a kill has left there."""
        place = str(self.out_dir or runner.work_dir)
        if self.backend_args is None and self.file_client_args is None and '://' not in place:
            self.backend_args = dict(backend=ATOMIC)
        # MMEngine must not see them: it would remove whatever they name.
        recorded = take_records(runner.message_hub.runtime_info)
        super().before_train(runner)
        if isinstance(self.file_backend, AtomicBackend) and is_main_process():
            for path in remove_unfinished(Path(self.out_dir)):
                runner.logger.info(f'removed {path}, which was cut off while it was written')
        names = CheckpointNames(self.filename_tmpl, self.save_best or ())
        if runner.iter:  # resumed
            step = runner.epoch if self.by_epoch else runner.iter
            # MMEngine would not write it again after a better validation of the resumed epoch.
            self.last_ckpt = self.file_backend.join_path(
                self.out_dir, self.filename_tmpl.format(step)
            )
            runner.message_hub.update_info('last_ckpt', self.last_ckpt)
            self._go_on_with(runner, RecordedFiles(recorded, names, step, self._find))
        elif isinstance(self.file_backend, AtomicBackend) and is_main_process():
            self._start_anew(runner, names)
        self._remove_outdated(runner)

    def _start_anew(self, runner: Runner, names: CheckpointNames) -> None:
        """Keep an earlier training's checkpoints: nobody could tell them from the new ones."""
        target = Path(self.out_dir) / f'earlier_{runner.timestamp}'
        moved = set_aside(Path(self.out_dir), names, target)
        if moved:
            # It names one of them: a new training that is cut off would go on with the earlier one.
            (Path(runner.work_dir) / POINTER).unlink(missing_ok=True)
            runner.logger.warning(
                f'a new training starts in {self.out_dir}: the checkpoints of the earlier one are '
                f'now in {target} ({", ".join(moved)})'
            )

    def _go_on_with(self, runner: Runner, files: RecordedFiles) -> None:
        """Keep and rotate the files of the run before, as far as they are this hook's."""
        source = runner._load_from
        if source and user_path(source).parent.resolve() != Path(self.out_dir).resolve():
            runner.logger.warning(
                f'the checkpoint {source} lies outside {self.out_dir}: the older and the best '
                'checkpoints of its training stay there, and a new best one must exceed their score'
            )
            return
        for message in files.ignored:
            runner.logger.warning(message)
        for key, path in files.best.items():
            runner.message_hub.update_info(key, path)
            indicator = key.removeprefix('best_ckpt_')
            if key == 'best_ckpt':
                self.best_ckpt_path = path
            elif indicator in (self.save_best or ()):
                self.best_ckpt_path_dict[indicator] = path
        runner.message_hub.update_info(OUTDATED, files.outdated)
        for name in files.outdated:
            self._remove_later(name)
        if self.max_keep_ckpts > 0:
            for number in files.kept:
                self._keep(runner, number)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Write a checkpoint, point to it, and only then remove the outdated ones."""
        self._keep(runner, step)
        if isinstance(self.file_backend, AtomicBackend):
            # Stands in the new checkpoint: should a kill come before the removal, a resumed run
            # removes them.
            outdated = sorted({Path(path).name for path in self.file_backend.outdated})
            runner.message_hub.update_info(OUTDATED, outdated)
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

    def _keep(self, runner: Runner, step: int) -> None:
        """Add a checkpoint; the oldest has to go where ``max_keep_ckpts`` are there already."""
        if self.max_keep_ckpts <= 0 or (self.keep_ckpt_ids and self.keep_ckpt_ids[-1] == step):
            return
        if len(self.keep_ckpt_ids) == self.max_keep_ckpts:
            self._remove_later(self.filename_tmpl.format(self.keep_ckpt_ids.popleft()))
        self.keep_ckpt_ids.append(step)
        runner.message_hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))

    def _remove_later(self, name: str) -> None:
        path = self._find(name)
        if path and is_main_process():
            self.file_backend.remove(path)

    def _find(self, name: str) -> str | None:
        """Path of a regular file in the folder of the checkpoints."""
        path = self.file_backend.join_path(self.out_dir, name)
        return path if self.file_backend.isfile(path) and not os.path.islink(path) else None

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        """As MMEngine's; what it removes is removed last."""
        super()._save_best_checkpoint(runner, metrics)
        self._remove_outdated(runner)

    def _remove_outdated(self, runner: Runner) -> None:
        if isinstance(self.file_backend, AtomicBackend) and is_main_process():
            info = runner.message_hub.runtime_info
            used = {str(value) for key, value in info.items() if key.startswith('best_ckpt')}
            self.file_backend.remove_outdated({*used, str(self.last_ckpt)})
