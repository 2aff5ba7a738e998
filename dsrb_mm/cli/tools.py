"""What the command-line tools share: config and runner."""

from __future__ import annotations

import argparse
import copy
import logging
import os
import sys
from pathlib import Path
from typing import Any

import torch.distributed
from mmengine.config import Config
from mmengine.dist import barrier, is_distributed, master_only
from mmengine.runner import Runner

from dsrb_mm.cli.errors import clear_errors
from dsrb_mm.cli.outputs import (
    Paths,
    dumped_config,
    is_own_config,
    protect_inputs,
    written_by_training,
)
from dsrb_mm.datasets.cached_images import use_cached_images
from dsrb_mm.engine.budget import apply_budget
from dsrb_mm.engine.checkpoints.checkpoint_files import find_resumable
from dsrb_mm.engine.checkpoints.checkpoint_reading import guard_checkpoint_loader
from dsrb_mm.engine.config_keys import merge_options, unread_keys
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.engine.training_checks import check_batches, check_precision
from dsrb_mm.features import use_cached_features
from dsrb_mm.fileio.config_file import ConfigFileError, read_config_file, write_config_file


def read_config(args: argparse.Namespace) -> Config:
    """Read the config that a tool was given, and apply ``--cfg-options``.

    Args:
        args: What a parser of :func:`dsrb.tool_arguments.config_arguments` parsed.
    """
    cfg = read_config_file(args.config)
    merge_options(cfg, args.cfg_options or {})
    return cfg


def load_config(args: argparse.Namespace) -> Config:
    """Read the config and merge the command line into it.

    Args:
        args: What :func:`dsrb.tool_arguments.runner_arguments` (and a tool's own additions) parsed.

    Returns:
        The config a runner is built from; ``work_dir`` is the argument, the config's own, or
        ``work_dirs/`` and the config's name, in this order.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = read_config_file(args.config)
    cfg.launcher = args.launcher
    if args.cfg_options is not None:
        merge_options(cfg, args.cfg_options)
    _require(cfg, args.config, 'test' if hasattr(args, 'checkpoint') else 'train')
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs') / Path(args.config).stem)
    if cfg.get('randomness', {}).get('deterministic'):
        # Read when CUDA starts; without it, every matrix product on a GPU would be refused.
        os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
    if hasattr(args, 'checkpoint'):
        _merge_test(cfg, args)
    else:
        _merge_train(cfg, args)
    if os.environ.get('RANK', '0') == '0':
        for message in unread_keys(cfg):
            sys.stderr.write(f'warning: {args.config}: {message}\n')
    return cfg


def _require(cfg: Config, source: str, split: str) -> None:
    """Check that a runner finds what it reads of a config; its own errors do not name the key."""
    keys = ['model', f'{split}_dataloader', f'{split}_cfg']
    keys.append('optim_wrapper' if split == 'train' else 'test_evaluator')
    missing = [key for key in keys if not isinstance(cfg.get(key), (dict, list))]
    if missing:
        raise ConfigFileError(
            f'expected {source} to have {", ".join(keys)}, but it lacks {", ".join(missing)}'
        )


def _merge_train(cfg: Config, args: argparse.Namespace) -> None:
    if args.no_validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        # There is no metric to choose a best checkpoint by.
        cfg.default_hooks.checkpoint.pop('save_best', None)
    if args.amp:
        cfg.optim_wrapper.type = 'AmpOptimWrapper'
        cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')
    if args.resume is not None:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    if args.auto_scale_lr:
        cfg.auto_scale_lr.enable = True


def _merge_test(cfg: Config, args: argparse.Namespace) -> None:
    cfg.load_from, cfg.resume = args.checkpoint, False
    if args.amp:
        cfg.test_cfg.fp16 = True
    if args.show_dir is not None:
        cfg.default_hooks.attention_pictures = dict(
            type='AttentionPictureHook', out_dir=args.show_dir, interval=args.interval
        )


def build_runner(
    args: argparse.Namespace,
    outputs: Paths = (),
    pictures: str | None = None,
    inputs: Paths = (),
) -> Runner:
    """The runner of what :func:`load_config` reads, with its data sets.

    The further arguments are those of :func:`protect_inputs`: nothing that the runner or the tool
    writes may be a file that is read.

    From here on, MMEngine loads checkpoints without trusting them, wherever the config names some.
    Built before anything runs, so that wrong settings can be told from defects: any ValueError,
    TypeError or KeyError in here is the config's.
    """
    guard_checkpoint_loader()
    with clear_errors(ValueError, TypeError, KeyError):
        cfg = load_config(args)
        protect_inputs(cfg, [*written_by_training(cfg), *outputs], pictures, inputs)
        if not hasattr(args, 'checkpoint'):
            check_precision(cfg)
            cfg = _prepare_training(cfg, args)
        complete_model(cfg)
        try:
            runner = _ToolRunner.from_cfg(cfg)
        except TypeError as error:
            # Python names a base class and no key of the config.
            raise TypeError('; '.join([str(error), *unread_keys(cfg)])) from error
        if hasattr(args, 'checkpoint'):
            runner.test_loop  # noqa: B018, a property that builds
        else:
            runner.train_loop, runner.val_loop  # noqa: B018
            check_batches(runner)
    return runner


class _ToolRunner(Runner):
    """Writes its config into the work directory, unless it is the file that it was read from."""

    def build_optim_wrapper(self, optim_wrapper: Any) -> Any:
        """Build it without a warning for each weight of a frozen backbone."""
        self.logger.addFilter(_is_not_about_a_frozen_weight)
        try:
            return super().build_optim_wrapper(optim_wrapper)
        finally:
            self.logger.removeFilter(_is_not_about_a_frozen_weight)

    @master_only
    def dump_config(self) -> None:
        if self.cfg.filename and not is_own_config(self.cfg):
            cfg = copy.deepcopy(self.cfg)
            if cfg.get('resume'):
                # Whoever inherits the file, or tests with it, does not go on with this training.
                cfg.resume, cfg.load_from = False, None
            cfg.pop('work_dir')
            write_config_file(cfg, dumped_config(self.cfg))


def _is_not_about_a_frozen_weight(record: logging.LogRecord) -> bool:
    return not record.getMessage().endswith('is skipped since its requires_grad=False')


def _prepare_training(cfg: Config, args: argparse.Namespace) -> Config:
    """Apply what needs the data: the budget of steps, features or images kept on disk."""
    steps = cfg.get('budget') if args.budget is None else args.budget
    if steps is not None:
        apply_budget(cfg, steps)
    if args.cached_features is not None:
        return use_cached_features(cfg, args.cached_features)
    if args.cached_images is not None:
        return use_cached_images(cfg, args.cached_images)
    return cfg


def how_to_go_on(work_dir: str) -> str:
    """What to do after an interrupted training."""
    found = find_resumable(Path(work_dir)).path
    if found is None:
        return 'there is no checkpoint yet, so that the same command begins again'
    return f'the same command with --resume goes on from {found}'


def leave_group() -> None:
    """Leave the process group that the launcher made, if it made one.

    A process that ends inside it may abort at its very end ("terminate called ..."), for which
    torchrun calls the whole run failed.
    """
    if is_distributed():
        # While this thread waits, those of Gloo get the lock of Python that they need to free the
        # tensors of the last collective; asking for it once Python has ended aborts the process.
        barrier()
        torch.distributed.destroy_process_group()
