"""State per label of the training set: one number per image and category."""

from __future__ import annotations

import numpy as np
import torch
from mmengine.dist import all_gather, get_world_size
from torch import Tensor

from dsrb_mm.models.method_part import MethodPart


class LabelBank(MethodPart):
    """A table of one number per image and category, by the index of the sample.

    The one place for state per label: estimated labels, corrections, pseudo-labels. It is kept in
    half precision (2 bytes per label: 13 MB for MS-COCO), is part of the checkpoint, and holds the
    same in every process: what one writes, all of them write.

    Args:
        start: Value of every entry at the start.

    Raises:
        ValueError: A checkpoint's bank has another size than the training set.

    Example:
        >>> bank = LabelBank(start=-1)
        >>> bank.see_labels(np.zeros((100, 20), np.int8))
        >>> bank.write(torch.tensor([3, 5]), torch.ones(2, 20))
        >>> bank.read(torch.tensor([3, 4])).mean(1)
        tensor([ 1., -1.])
    """

    sized_by_data = ('values',)
    values: Tensor

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self.start = start
        self.register_buffer('values', torch.empty(0, 0, dtype=torch.half))

    def forget(self) -> None:
        """Drop the state."""
        self.values = self.values.new_empty(0, 0)

    def see_labels(self, labels: np.ndarray) -> None:
        """Make room for the training set, or check that what a checkpoint brought fits it."""
        if not self.values.numel():
            self.values = self.values.new_full(labels.shape, self.start)
        elif tuple(self.values.shape) != labels.shape:
            raise ValueError(
                f'the checkpoint keeps a state per label of {tuple(self.values.shape)} (images, '
                f'categories), but the training set has {labels.shape}: resume on the data of the '
                'checkpoint, or start a new training from it with load_from'
            )

    def read(self, indices: Tensor | None) -> Tensor:
        """Rows of some samples.

        Args:
            indices: Indices of the samples.

        Shape:
            (B,) -> (B, C) float32.

        Raises:
            RuntimeError: The bank was never filled, or the samples carry no index.
        """
        return self.values[self._checked(indices)].float()

    @torch.no_grad()
    def write(self, indices: Tensor | None, values: Tensor) -> None:
        """Replace the rows of some samples, in all processes.

        Shape:
            (B,), (B, C).

        Raises:
            RuntimeError: See :meth:`read`.
        """
        self.fill(*gather_rows(self._checked(indices), values))

    @torch.no_grad()
    def fill(self, indices: Tensor, values: Tensor) -> None:
        """Replace rows that are the same in all processes; see :func:`gather_rows`.

        Shape:
            (B,), (B, C).
        """
        self.values[indices] = values.half()

    def _checked(self, indices: Tensor | None) -> Tensor:
        if not self.values.numel():
            raise RuntimeError(
                'the state per label is not set up: add dict(type="MethodHook") to custom_hooks, '
                'or call see_labels(labels) before training'
            )
        if indices is None:
            raise RuntimeError(
                'a state per label needs the index of every sample: use PartialLabelDataset, and '
                "keep 'sample_idx' in the meta_keys of PackInputs"
            )
        return indices


def gather_rows(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Rows of all processes, which may hold different numbers of them.

    Args:
        *tensors: Tensors with the same number of rows.

    Shape:
        (B, ...) -> (total, ...), for each.
    """
    if get_world_size() == 1:
        return tensors
    number = len(tensors[0])
    sizes = [int(size) for size in all_gather(torch.tensor([number], device=tensors[0].device))]
    gathered = []
    for tensor in tensors:
        padded = tensor.new_zeros(max(sizes), *tensor.shape[1:])
        padded[:number] = tensor
        parts = zip(all_gather(padded), sizes, strict=True)
        gathered.append(torch.cat([part[:size] for part, size in parts]))
    return tuple(gathered)
