"""Prototypes of every category at each of four locations (reference: arXiv 2205.13092, PPRB)."""

from __future__ import annotations

import torch
from mmengine.dist import all_gather_object, all_reduce
from torch import Tensor

from dsrb_mm.arguments import check_int

from .category_bank import CategoryBank

NUM_LOCATIONS = 4


class PrototypeBank(CategoryBank):
    """Mean semantic feature of a category's known positives, one for each quadrant of the map.

    A prototype of the paper is a mean of attended maps (H, W, D); it is only ever used summed over
    the map, and sums are linear, so D numbers carry everything. Both buffers are saved in the
    checkpoint: a resumed run blends with the prototypes it had. They are empty until the bank is
    filled for the first time, by :meth:`reset`, :meth:`update` for every batch and :meth:`finish`.

    Args:
        max_per_location: At most so many images count for a (category, quadrant), first come
            first served, on each process. The published code stops at 100; None takes all.

    Raises:
        ValueError: ``max_per_location`` below 1.
    """

    def __init__(self, max_per_location: int | None = None) -> None:
        super().__init__(NUM_LOCATIONS)
        if max_per_location is not None:
            check_int('max_per_location', max_per_location, 1)
        self.max_per_location = max_per_location
        self._sums: Tensor | None = None

    def reset(self) -> None:
        """Start collecting anew."""
        self._sums = torch.empty(0)

    def _start(self, shape: tuple[int, ...], device: torch.device) -> None:
        # float64: the mean over many thousand images must not depend on their order or on how they
        # are spread over processes.
        self._sums = torch.zeros(shape, dtype=torch.float64, device=device)
        self.counts = torch.zeros(shape[:-1], dtype=torch.long, device=device)

    @torch.no_grad()
    def update(self, features: Tensor, target: Tensor, quadrant: Tensor) -> None:
        """Add the known positives of a batch.

        Shape:
            features (B, C, D), target (B, C) in {1, 0, -1}, quadrant (B, C) in 0..3.

        Raises:
            RuntimeError: Called before :meth:`reset`.
        """
        if self._sums is None:
            raise RuntimeError('PrototypeBank.update() needs PrototypeBank.reset() first')
        if not len(self._sums):
            num_classes, channels = features.shape[1:]
            self._start((num_classes, NUM_LOCATIONS, channels), features.device)
        locations = torch.arange(NUM_LOCATIONS, device=quadrant.device)
        member = (target == 1).unsqueeze(-1) & (quadrant.unsqueeze(-1) == locations)
        if self.max_per_location is not None:
            rank = member.cumsum(0) + self.counts
            member &= rank <= self.max_per_location
        self.counts += member.sum(0)
        self._sums += torch.einsum('bcq,bcd->cqd', member.double(), features.double())

    @torch.no_grad()
    def finish(self) -> None:
        """Turn sums into means, over all processes; an empty quadrant takes its category's mean.

        Raises:
            RuntimeError: Called before :meth:`reset`.
        """
        if self._sums is None:
            raise RuntimeError('PrototypeBank.finish() needs PrototypeBank.reset() first')
        # A process may have had no image: with fewer images than processes, for instance.
        shapes = [shape for shape in all_gather_object(tuple(self._sums.shape)) if len(shape) > 1]
        if not shapes:
            self._sums = None
            return
        if not len(self._sums):
            self._start(shapes[0], self.prototypes.device)
        all_reduce(self._sums)
        all_reduce(self.counts)
        counts = self.counts.unsqueeze(-1)
        overall = self._sums.sum(1, keepdim=True) / counts.sum(1, keepdim=True).clamp(min=1)
        means = torch.where(counts > 0, self._sums / counts.clamp(min=1), overall)
        self.prototypes = means.to(self.prototypes.dtype)
        self._sums = None
