"""Catches what does not belong together: categories of data sets, model and checkpoint; weights."""

from __future__ import annotations

from collections.abc import Sequence

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner
from mmpretrain.registry import HOOKS
from torch import nn

from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.checkpoints.checkpoint_weights import load_weights


class CategoryMismatchError(ValueError):
    """Categories that should be the same and are not."""


def _classes(dataset) -> tuple[str, ...] | None:
    classes = getattr(dataset, 'metainfo', {}).get('classes')
    return None if classes is None else tuple(classes)


def _compare(one: str, expected: Sequence[str], other: str, found: Sequence[str]) -> None:
    if tuple(expected) == tuple(found):
        return
    only_one = [name for name in expected if name not in found][:5]
    only_other = [name for name in found if name not in expected][:5]
    detail = (
        f'only in {one}: {only_one}, only in {other}: {only_other}'
        if only_one or only_other
        else 'the same categories in another order'
    )
    raise CategoryMismatchError(
        f'expected {other} to have the categories of {one} in the same order, but got '
        f'{len(found)} instead of {len(expected)}: {detail}'
    )


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

    Compares the training set with the validation set and with the model's number of categories
    before training, and the categories in a checkpoint with those of the data it is tested on. The
    weights of a checkpoint that is tested must all fit the model: MMEngine would leave out those
    that do not, and test a model that is partly random.

    Raises:
        CategoryMismatchError: Categories differ.
        WeightMismatchError: Weights are missing, unknown or of another shape.
    """

    # Before hooks that would stumble over a wrong number of categories.
    priority = 'HIGH'

    def before_train(self, runner: Runner) -> None:
        """Compare training set, validation set and model."""
        classes = _classes(runner.train_dataloader.dataset)
        if classes is None:
            return
        _check_numbers(bare_model(runner), len(classes))
        if runner.val_loop is not None:
            found = _classes(runner.val_dataloader.dataset)
            if found is not None:
                _compare('the training set', classes, 'the validation set', found)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Before a test, compare the checkpoint with test set and model."""
        if not isinstance(runner._test_loop, BaseLoop):  # built where a test runs
            return
        meta = checkpoint.get('meta', {}).get('dataset_meta') or {}
        expected = meta.get('classes')
        found = _classes(runner.test_dataloader.dataset)
        if expected is not None and found is not None:
            _compare('the checkpoint', expected, 'the test set', found)
        content = checkpoint if 'state_dict' in checkpoint else dict(state_dict=checkpoint)
        load_weights(bare_model(runner), content, runner.cfg.get('load_from', 'of this test'))
