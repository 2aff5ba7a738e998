"""Prototype-perspective representation blending, PPRB (arXiv 2205.13092)."""

from __future__ import annotations

import torch
from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_int
from dsrb_mm.models.method_part import TrainingProgress

from .bank_blending import BankBlending
from .complement import CategoryBatch
from .prototype_bank import NUM_LOCATIONS, PrototypeBank


@MODELS.register_module()
class PrototypeBlending(BankBlending):
    """Blends prototypes into randomly chosen unknown categories of each image.

    K unknown categories of each image are drawn; for each, a prototype of one of the three
    quadrants in which the image's own attention does not peak::

        S''_c = beta S_c + (1 - beta) prototype(c, q)      target 1 - beta

    Only unknown categories with a prototype can be drawn: with fewer than K of them, fewer are
    blended, and a known label is never overwritten. The prototypes are computed by a pass over the
    training set in evaluation mode, at epoch ``begin`` and every ``interval`` epochs after it.

    Args:
        beta: Start value of beta in [0, 1].
        learnable: Whether beta is trained.
        num_blended: Categories K blended in an image.
        max_per_location: See :class:`PrototypeBank`; the published code stops at 100.
        begin: Epoch from which images are blended; the published one is 5.
        interval: Epochs between two passes; the published number is 5.
        name: See :class:`Complement`.

    Raises:
        ValueError: A number out of range, or a batch without locations.
        TypeError: An argument of a wrong type.

    Example:
        >>> blending = PrototypeBlending(beta=0.5, learnable=False, begin=3, interval=3)
    """

    name = 'pprb'
    in_whole_epochs = ('interval',)
    reads_location = True
    bank: PrototypeBank

    def __init__(
        self,
        beta: float = 0.5,
        learnable: bool = True,
        num_blended: int = 1,
        max_per_location: int | None = None,
        begin: float = 5,
        interval: float = 5,
        name: str | None = None,
    ) -> None:
        bank = PrototypeBank(max_per_location)
        super().__init__(bank, beta, learnable, num_blended, begin, name)
        self.interval = check_int('interval', interval, 1)

    def pass_is_due(self, progress: TrainingProgress) -> bool:
        """At epoch ``begin`` and every ``interval`` epochs after it."""
        return progress.is_due(self.begin, self.interval)

    def start_pass(self, progress: TrainingProgress) -> None:
        """Empty the bank."""
        self.bank.reset()

    def observe(self, batch: CategoryBatch) -> None:
        """Collect the known positives."""
        self.bank.update(batch.features, batch.target, _checked(batch.location))

    def finish_pass(self) -> str:
        """Compute the prototypes."""
        self.bank.finish()
        counts = self.bank.counts
        return (
            f'prototypes from {int(counts.sum())} known positives; {int((counts == 0).sum())} of '
            f'{counts.numel()} (category, quadrant) pairs are empty'
        )

    def draw(self, category: Tensor, location: Tensor | None) -> Tensor:
        """Draw one of the three quadrants in which the image's own attention does not peak."""
        shift = torch.randint(1, NUM_LOCATIONS, category.shape, device=category.device)
        return (_checked(location).gather(1, category) + shift) % NUM_LOCATIONS


def _checked(location: Tensor | None) -> Tensor:
    if location is None:
        raise ValueError(
            'PrototypeBlending needs the quadrant in which each category peaks, and the head gives '
            'none: use a head with maps, such as DSRBHead or SaliencyHead'
        )
    return location
