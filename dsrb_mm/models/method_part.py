"""What a module implements to follow training: labels, schedule, passes over the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from torch import nn

if TYPE_CHECKING:
    from dsrb_mm.models.complements.complement import CategoryBatch


class TrainingProgress(NamedTuple):
    """Where training stands.

    Attributes:
        iteration: Iterations finished so far.
        epoch_length: Iterations in one pass over the training set, also where the loop itself
            counts iterations only or the sampler never ends.
        max_iterations: Iterations of the whole training.
    """

    iteration: int
    epoch_length: int
    max_iterations: int

    @property
    def epoch(self) -> float:
        """Passes over the training set finished so far; 1.5 is the middle of the second one."""
        return self.iteration / self.epoch_length

    def is_due(self, begin: float, interval: float) -> bool:
        """Whether what happens at epoch ``begin`` and every ``interval`` epochs is due."""
        turn = round((self.epoch - begin) / interval)
        return turn >= 0 and self.iteration == round((begin + turn * interval) * self.epoch_length)


class MethodPart(nn.Module):
    """Base of modules that depend on the training set's labels or on the course of training.

    ``MethodHook`` finds every part of a model, wherever it is, and calls these methods. A part that
    needs none of them overrides none. What a part learns this way it keeps in buffers, so that a
    checkpoint holds it.

    Attributes:
        training_only: Prefixes, relative to the module, of state that inference does not need. A
            checkpoint may lack it or have more of it.
        category_rows: Names of state tensors with one row per category, for messages.
        sized_by_data: Names of buffers whose shape the data decides. They start empty and take the
            shape that a checkpoint gives them.
        in_epochs: Arguments that count epochs; a training of another length stretches them, with
            those that base classes name.
        in_whole_epochs: The same, of arguments that must be whole numbers.
        per_epoch: Arguments that say by how much something changes per epoch.

    Example:
        >>> class Counter(MethodPart):
        ...     def see_labels(self, labels):
        ...         self.known = int((labels >= 0).sum())
    """

    training_only: tuple[str, ...] = ()
    category_rows: tuple[str, ...] = ()
    sized_by_data: tuple[str, ...] = ()
    in_epochs: tuple[str, ...] = ()
    in_whole_epochs: tuple[str, ...] = ()
    per_epoch: tuple[str, ...] = ()

    def forget(self) -> None:
        """Drop what belongs to the images of an earlier training.

        Called before :meth:`see_labels`, unless that training is resumed.
        """

    def see_labels(self, labels: np.ndarray) -> None:
        """Look at the labels of the training set, once before training.

        Args:
            labels: 1 present, 0 absent, -1 unknown; row i belongs to the sample of index i.

        Shape:
            (N, C) int8.

        Raises:
            ValueError: The part cannot be trained with these labels.
        """

    def advance(self, progress: TrainingProgress) -> None:
        """Follow the schedule; called before every training iteration."""

    def pass_is_due(self, progress: TrainingProgress) -> bool:
        """Whether the part wants to see the whole training set now."""
        return False

    def start_pass(self, progress: TrainingProgress) -> None:
        """Prepare for a pass over the training set."""

    def observe(self, batch: CategoryBatch) -> None:
        """Look at one batch of the pass; the model is in evaluation mode.

        ``batch.logits`` is set. Every image comes once, in one of the processes.
        """

    def finish_pass(self) -> str:
        """Make use of what was observed, in all processes alike.

        Returns:
            What happened, for the log.
        """
        return ''

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any) -> None:
        for name in self.sized_by_data:
            loaded = state_dict.get(f'{prefix}{name}')
            if loaded is not None:
                buffer = getattr(self, name)
                setattr(self, name, buffer.new_empty(loaded.shape))
        super()._load_from_state_dict(state_dict, prefix, *args)
