"""When the label graph is made: before training, from the labels training sees."""

from __future__ import annotations

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS

from dsrb_mm.datasets import get_label_matrix
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.models.layers import KnownLabelCounts, label_graph

_SHOWN = 10  # categories named in a warning


@HOOKS.register_module()
class LabelGraphHook(Hook):
    """Gives the head the statistics of the known training labels.

    Sets the label graph and, where the head asks for it, the initial biases. A resumed or loaded
    model keeps its biases; its graph always follows the training set at hand. Categories without
    any known positive are warned of, and a training set without any known label.
    """

    def before_train(self, runner: Runner) -> None:
        """Compute the statistics from the label matrix, without loading an image."""
        labels = get_label_matrix(runner.train_dataloader.dataset)
        counts = KnownLabelCounts.from_labels(labels)
        model = bare_model(runner)
        model.head.set_label_statistics(
            torch.from_numpy(label_graph(labels)), counts, fresh=not runner._has_loaded
        )
        runner.logger.info(
            f'label graph from {len(labels)} images x {labels.shape[1]} categories: '
            f'{counts.known.sum() / labels.size:.1%} of the labels known, '
            f'{counts.positive.sum()} known positives'
        )
        if not counts.known.any():
            runner.logger.warning('no label of the training set is known: nothing will be learnt')
        empty = (counts.positive == 0).nonzero()[0]
        if len(empty):
            classes = runner.train_dataloader.dataset.metainfo['classes']
            names = [classes[i] for i in empty[:_SHOWN]]
            runner.logger.warning(
                f'{len(empty)} categories have no known positive in the training set and cannot be '
                f'learnt: {", ".join(names)}{", ..." if len(empty) > _SHOWN else ""}'
            )
