"""Drives the parts of a method: labels before training, the schedule, passes over the data."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmengine.dist import get_world_size
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmpretrain.registry import HOOKS
from torch import nn

from dsrb_mm.datasets import get_indexed_label_matrix, get_label_matrix
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.checkpoints.resume_hook import ResumeHook
from dsrb_mm.engine.finite_checks import shorten
from dsrb_mm.engine.hooks.training_pass import batch_size, pass_over_training_set
from dsrb_mm.models.label_bank import LabelBank
from dsrb_mm.models.losses import PartialLabelLoss
from dsrb_mm.models.method_part import MethodPart, TrainingProgress
from dsrb_mm.models.views_data_preprocessor import ViewsDataPreprocessor

# What mixes images and adds up their labels: (present, unknown) would become a soft known label.
_MIXING = ('Mixup', 'CutMix', 'ResizeMix')


class UnsuitableTrainingSetError(ValueError):
    """A model that cannot be trained with the labels at hand."""


@HOOKS.register_module()
class MethodHook(Hook):
    """Drives every :class:`MethodPart` of a model, whatever the method.

    Before training, parts see the labels of the training set, and what cannot be trained with them
    is refused. Before every iteration, parts follow the schedule. Where a part asks for it, the
    training set passes through the model in evaluation mode, with the training pipeline. This
    works for epoch-based and iteration-based loops alike, also with samplers that never end.

    Raises:
        UnsuitableTrainingSetError: A loss that reads unknown labels as targets, a batch
            augmentation that mixes them, or labels that a part cannot be trained with.

    Example:
        >>> default_hooks = dict(method=dict(type='MethodHook'))
    """

    # After hooks of normal priority: whatever they do to the model before an epoch is in effect.
    priority = 'LOW'

    def before_train(self, runner: Runner) -> None:
        """Show the labels to all parts."""
        self._passed_at = -1
        model, dataset = bare_model(runner), runner.train_dataloader.dataset
        device = next(model.parameters()).device
        try:
            labels = _labels_of(dataset, model)
            _check_model(model, labels)
            _check_views(model)
            _check_averages(runner)
            for part in _parts(model):
                if not runner._resume:
                    part.forget()
                part.see_labels(labels)
                part.to(device)
        except ValueError as error:
            raise UnsuitableTrainingSetError(str(error)) from error
        _align_averages(runner, model)
        runner.logger.info(
            f'training labels: {len(labels)} images x {labels.shape[1]} categories, '
            f'{(labels >= 0).mean():.1%} known, {(labels == 1).sum()} known positives'
        )
        kinds = (CheckpointHook, ResumeHook)
        saves, resumes = (any(isinstance(hook, kind) for hook in runner.hooks) for kind in kinds)
        if saves and not resumes:
            runner.logger.warning(
                'there is no ResumeHook among the hooks: the checkpoints will hold objects that '
                'the tools of this package do not load, for a test or to resume'
            )
        if not (labels >= 0).any():
            runner.logger.warning('no label of the training set is known: nothing will be learnt')
        empty = np.flatnonzero(~(labels == 1).any(0))
        if len(empty):
            names = [dataset.metainfo['classes'][i] for i in empty]
            runner.logger.warning(
                f'{len(empty)} categories have no known positive in the training set and cannot be '
                f'learnt: {shorten(names)}'
            )

    def before_train_epoch(self, runner: Runner) -> None:
        """Make the passes that are due, before the epoch's data is loaded."""
        self._pass(runner, _progress(runner))

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        """Follow the schedule; iteration-based loops make their passes here."""
        progress = _progress(runner)
        self._pass(runner, progress)
        for part in _parts(bare_model(runner)):
            part.advance(progress)

    def _pass(self, runner: Runner, progress: TrainingProgress) -> None:
        model = bare_model(runner)
        parts = [part for part in _parts(model) if part.pass_is_due(progress)]
        if parts and self._passed_at != progress.iteration:
            self._passed_at = progress.iteration
            pass_over_training_set(runner, model, parts, progress)
            _align_averages(runner, model)


def _averages(runner: Runner) -> list[nn.Module]:
    """The averaged models of EMA hooks."""
    return [hook.ema_model for hook in runner.hooks if hasattr(hook, 'ema_model')]


def _align_averages(runner: Runner, model: nn.Module) -> None:
    """Give averaged models the buffers of the parts, which appear and grow with the data.

    MMEngine copies buffers from the model to its average pair by pair, so both need the same ones.
    """
    for average in _averages(runner):
        for part, copy in zip(_parts(model), _parts(average.module), strict=True):
            for name, value in part._buffers.items():
                copy._buffers[name] = None if value is None else value.clone()
            copy._non_persistent_buffers_set = set(part._non_persistent_buffers_set)


def _check_averages(runner: Runner) -> None:
    if any(average.update_buffers for average in _averages(runner)):
        raise ValueError(
            'update_buffers=True of an EMAHook would average prototypes, labels and counts of the '
            'method: leave it out, and the average takes them from the model'
        )


def _labels_of(dataset: Any, model: nn.Module) -> np.ndarray:
    """Labels of the training set; where a state per label is kept, by the index of the sample."""
    keeps_labels = any(isinstance(module, LabelBank) for module in model.modules())
    return get_indexed_label_matrix(dataset) if keeps_labels else get_label_matrix(dataset)


def _parts(model: nn.Module) -> list[MethodPart]:
    return [module for module in model.modules() if isinstance(module, MethodPart)]


def _progress(runner: Runner) -> TrainingProgress:
    loader = runner.train_dataloader
    if isinstance(runner.train_loop, EpochBasedTrainLoop):
        length = len(loader)
    else:  # the sampler may never end
        length = -(-len(loader.dataset) // (batch_size(loader) * get_world_size()))
    return TrainingProgress(runner.iter, max(1, length), runner.max_iters)


def _check_model(model: nn.Module, labels: np.ndarray) -> None:
    """Refuse what would take an unknown label for a known one."""
    if not (labels == -1).any():
        return
    loss = getattr(getattr(model, 'head', None), 'loss_module', None)
    if loss is not None and not isinstance(loss, PartialLabelLoss):
        raise ValueError(
            f'{type(loss).__name__} of the head reads unknown labels (-1) as targets, and the '
            "training set has some. Use loss=dict(type='PartialBCELoss') or another loss derived "
            'from PartialLabelLoss'
        )
    augment = getattr(model.data_preprocessor, 'batch_augments', None)
    mixing = [type(a).__name__ for a in getattr(augment, 'augments', [])]
    mixing = [name for name in mixing if name in _MIXING]
    if mixing:
        raise ValueError(
            f'{shorten(mixing)} would mix unknown labels (-1) into soft known ones, and the '
            'training set has some. Use LogicMix in the batch augmentations, which keeps them '
            'unknown'
        )
    if augment is not None and _needs_single_images(model):
        raise ValueError(
            'a state per label and second views need single images: leave the batch augmentations '
            'out of the data preprocessor'
        )


def _check_views(model: nn.Module) -> None:
    names = [part.name for part in _parts(model) if getattr(part, 'needs_second_view', False)]
    if names and not isinstance(model.data_preprocessor, ViewsDataPreprocessor):
        raise ValueError(
            f'{shorten(names)} of the head needs a second view of every image, but '
            f'data_preprocessor is {type(model.data_preprocessor).__name__}: use '
            'ViewsDataPreprocessor, and MultiView in the training pipeline'
        )


def _needs_single_images(model: nn.Module) -> bool:
    return isinstance(model.data_preprocessor, ViewsDataPreprocessor) or any(
        isinstance(module, LabelBank) for module in model.modules()
    )
