"""The interface of everything that stands in for unknown labels in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dsrb_mm.arguments import check_number, check_text
from dsrb_mm.models.method_part import MethodPart, TrainingProgress


@dataclass(frozen=True)
class CategoryBatch:
    """A training batch as the classifier sees it, or a changed copy of it.

    Attributes:
        features: What the classifier reads, one feature per category, (B, C, D).
        target: 1 present, 0 absent, -1 unknown, soft labels between 0 and 1; (B, C).
        indices: Index of each image in the training set, (B,); None where samples carry none.
        location: Quadrant of the map in which each category peaks, 0 to 3, (B, C); None where the
            model has no map, or no part reads it.
        logits: Logits of the batch as it came, without gradient, (B, C); None unless a part reads
            them.
        second: Features of a second view of the same images, (B, C, D); None without one.
        changed: Entries that a copy changed, (B, C) bool; None in the batch itself.
        weight: Weight of each entry in the loss, (B, C); None for 1 everywhere.
    """

    features: Tensor
    target: Tensor
    indices: Tensor | None = None
    location: Tensor | None = None
    logits: Tensor | None = None
    second: Tensor | None = None
    changed: Tensor | None = None
    weight: Tensor | None = None


class Complement(MethodPart):
    """Base of what stands in for unknown labels: blending, pseudo-labels, consistency, ...

    A complement gets the batch and returns a changed copy of it, which is classified and gets a
    loss term of its own (``loss_<name>``); or, with ``adds_loss = False``, takes the place of the
    batch. A subclass implements :meth:`forward` and declares what it reads and changes, which lets
    the head leave out computations whose results nobody reads.

    Args:
        begin: Epoch from which the complement is used; 0 is the start of training.
        name: Name of its loss term and its entry in the checkpoint; None for the class's own.

    Attributes:
        name: See above.
        adds_loss: Whether the copy gets a loss term, or replaces the batch.
        reads_logits: Whether it needs ``batch.logits``.
        reads_location: Whether it needs ``batch.location``.
        changes_features: Whether the copy's features differ from the batch's.
        needs_second_view: Whether it needs ``batch.second``.

    Raises:
        ValueError: ``begin`` below 0.
        TypeError: ``begin`` is not a number or ``name`` is not a string.

    Example:
        >>> class AssumeAbsent(Complement):
        ...     name, adds_loss, changes_features = 'absent', False, False
        ...
        ...     def forward(self, batch):
        ...         unknown = batch.target == -1
        ...         target = batch.target.masked_fill(unknown, 0)
        ...         return replace(batch, target=target, changed=unknown)
    """

    name = ''
    adds_loss = True
    reads_logits = False
    reads_location = False
    changes_features = True
    needs_second_view = False
    in_epochs = ('begin',)
    active: Tensor

    def __init__(self, begin: float = 0, name: str | None = None) -> None:
        super().__init__()
        self.begin = check_number('begin', begin, 0)
        self.name = check_text('name', name, optional=True) or self.name or type(self).__name__
        self.register_buffer('active', torch.tensor(0))
        # A copy on the host: reading the buffer would make the host wait for the device.
        self.is_active = False

    def build_layers(self, num_classes: int, channels: int) -> None:
        """Build the layers whose sizes the head decides; it calls this once, when it is built.

        Args:
            num_classes: Number of categories C.
            channels: Channels D of a category's feature.
        """

    def advance(self, progress: TrainingProgress) -> None:
        """Switch the complement on at its epoch."""
        self.set_active(progress.epoch >= self.begin)

    def set_active(self, active: bool) -> None:
        """Switch the complement on or off."""
        if active != self.is_active:
            self.is_active = active
            self.active.fill_(int(active))

    def forward(self, batch: CategoryBatch) -> CategoryBatch | None:
        """Change a copy of the batch; None where there is nothing to add.

        Raises:
            ValueError: The batch lacks what the complement needs.
        """
        raise NotImplementedError

    def extra_losses(self, batch: CategoryBatch) -> dict[str, Tensor]:
        """Losses of the complement's own layers by name, on the unchanged batch.

        Called for every training batch after :meth:`forward`, also before ``begin``. The names
        contain ``loss``: MMEngine adds up what is called so.
        """
        return {}

    def scalars(self) -> dict[str, Tensor]:
        """Values to log, by name."""
        return {}

    def _load_from_state_dict(self, *args: Any) -> None:
        super()._load_from_state_dict(*args)
        self.is_active = bool(self.active)
