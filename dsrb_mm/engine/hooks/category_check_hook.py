"""Catches what does not belong together: categories of data sets, model and checkpoint; weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner
from mmpretrain.registry import HOOKS
from torch import nn

from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.checkpoints.checkpoint_weights import (
    WeightMismatchError,
    checkpoint_classes,
    load_weights,
)
from dsrb_mm.words.categories import CategoryMismatchError, compare_categories
from dsrb_mm.words.semantic_encoder import to_phrase
from dsrb_mm.words.word_vectors import vector_names


def _classes(dataset) -> tuple[str, ...] | None:
    classes = getattr(dataset, 'metainfo', {}).get('classes')
    return None if classes is None else tuple(classes)


def compare_word_vectors(source: str | Path, classes: Sequence[str]) -> None:
    """Compare categories with those that word vectors were made for, where these are known.

    Spelling does not count: the vectors of ``'tv monitor'`` are also those of ``'tvmonitor'``.

    Args:
        source: ``word_vectors`` of the neck.
        classes: Categories of the training set.

    Raises:
        CategoryMismatchError: They differ.
    """
    names = vector_names(source)
    if names is not None:
        ours, theirs = (tuple(map(to_phrase, items)) for items in (classes, names))
        compare_categories('the training set', ours, f'the word vectors {source}', theirs)


def _check_numbers(model: nn.Module, expected: int) -> None:
    """Compare every part that has a number of categories; backbones may have one of their own."""
    numbers = {
        name: part.num_classes
        for name, part in model.named_children()
        if name != 'backbone' and isinstance(getattr(part, 'num_classes', None), int)
    }
    wrong = [f'{name}.num_classes = {n}' for name, n in numbers.items() if n != expected]
    if wrong:
        settings = ' '.join(f'model.{name}.num_classes={expected}' for name in numbers)
        raise CategoryMismatchError(
            f'expected the model to have {expected} categories, as the training set has, but got '
            f'{", ".join(wrong)}; set {settings}, or '
            'leave num_classes out: it is read from the data'
        )


@HOOKS.register_module()
class CategoryCheckHook(Hook):
    """Stops a run whose category lists do not agree, before it computes nonsense.

    All lists are compared by name: those of training and validation set, of the word vectors, and
    of the checkpoint that a training starts from, is resumed from, or that is tested. The model's
    number of categories is compared with the training set's.

    The weights of a checkpoint that is tested or resumed from must all fit the model: MMEngine
    would leave out those that do not, and go on with a model that is partly random. A training may
    start from weights of a part, such as the backbone, but not from a file of which nothing fits.

    Raises:
        CategoryMismatchError: Categories differ.
        WeightMismatchError: Weights are missing, unknown or of another shape.
    """

    # Before hooks that would stumble over a wrong number of categories.
    priority = 'HIGH'

    def before_train(self, runner: Runner) -> None:
        """Compare training set, validation set, word vectors and model."""
        classes = _classes(runner.train_dataloader.dataset)
        if classes is None:
            return
        _check_numbers(bare_model(runner), len(classes))
        source = getattr(getattr(bare_model(runner), 'neck', None), 'word_vector_source', None)
        if source is not None:
            compare_word_vectors(source, classes)
        if runner.val_loop is not None:
            found = _classes(runner.val_dataloader.dataset)
            if found is not None:
                compare_categories('the training set', classes, 'the validation set', found)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the checkpoint with data and model, before its weights are loaded."""
        model, source = bare_model(runner), runner._load_from
        expected = checkpoint_classes(checkpoint)
        testing = isinstance(runner._test_loop, BaseLoop)  # built where a test runs
        if testing or isinstance(runner._train_loop, BaseLoop):
            loader = runner.test_dataloader if testing else runner.train_dataloader
            found = _classes(loader.dataset)
            if expected and found is not None:
                _compare_with_data(expected, found, testing, source)
        content = checkpoint if 'state_dict' in checkpoint else dict(state_dict=checkpoint)
        if testing or runner._resume:
            load_weights(model, content, source or 'that is loaded')
        elif not _fitting(model, content['state_dict']):
            raise WeightMismatchError(
                f'expected the checkpoint {source} to hold weights of the model, but none of its '
                f'{len(content["state_dict"])} weights has name and shape of one: '
                f'{sorted(content["state_dict"])[:3]}'
            )


def _compare_with_data(
    expected: tuple[str, ...], found: tuple[str, ...], testing: bool, source: str | None
) -> None:
    try:
        compare_categories(
            'the checkpoint', expected, f'the {"test" if testing else "training"} set', found
        )
    except CategoryMismatchError as error:
        if testing:
            raise
        raise CategoryMismatchError(
            f'{error}. The order of a data set is that of its file, or of classes=[...]. To train '
            'other categories on the backbone of this checkpoint, start from that alone: '
            'load_from=None model.backbone.init_cfg.type=Pretrained '
            f'model.backbone.init_cfg.checkpoint={source} model.backbone.init_cfg.prefix=backbone.'
        ) from error


def _fitting(model: nn.Module, weights: dict[str, Any]) -> bool:
    own = {name: value.shape for name, value in model.state_dict().items()}
    return any(
        own.get(name.removeprefix('module.')) == getattr(value, 'shape', ())
        for name, value in weights.items()
    )
