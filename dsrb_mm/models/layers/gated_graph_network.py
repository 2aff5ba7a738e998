"""Gated graph network over the categories (reference: arXiv 2205.13092, after Li et al., 2016)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dsrb_mm.arguments import check_int, check_sizes
from dsrb_mm.models.layers.label_graph import label_graph
from dsrb_mm.models.method_part import MethodPart


class GatedGraphNetwork(MethodPart):
    """Lets the features of co-occurring categories inform each other over T steps.

    With the label graph A (row i: how often j is positive where i is) and all layers shared over
    steps and categories::

        m  = [A X ; A^T X]
        z  = sigmoid(W1 m + U1 X)      r = sigmoid(W2 m + U2 X)
        h~ = tanh(W3 m + U3 (r * X))   X = (1 - z) * X + z * h~

    W1, W2, W3 stand stacked in ``message`` and U1, U2 in ``gates``, which changes neither values
    nor gradients and makes three matrix products a step of six.

    Args:
        num_classes: Number of categories C.
        channels: Number of channels D.
        steps: Number of steps T, at least 1.

    Shape:
        (B, C, D) -> (B, C, D).
    """

    category_rows = ('adjacency',)
    adjacency: Tensor

    def __init__(self, num_classes: int, channels: int, steps: int = 3) -> None:
        super().__init__()
        check_sizes(num_classes=num_classes, channels=channels)
        check_int('steps', steps, 1)
        self.num_classes = num_classes
        self.steps = steps
        self.message = nn.Linear(2 * channels, 3 * channels)
        self.gates = nn.Linear(channels, 2 * channels)
        self.candidate = nn.Linear(channels, channels)
        # Not learnt: a fixed statistic of the training labels, saved with the model.
        self.register_buffer('adjacency', torch.zeros(num_classes, num_classes))
        self.is_set = False

    def see_labels(self, labels: np.ndarray) -> None:
        """Compute the label graph from the known training labels."""
        self.set_adjacency(torch.from_numpy(label_graph(labels)))

    def set_adjacency(self, adjacency: Tensor) -> None:
        """Set the label graph A.

        Args:
            adjacency: Rows of conditional frequencies.

        Shape:
            (C, C), values in [0, 1].

        Raises:
            ValueError: Wrong shape or values outside [0, 1] (NaN included).
        """
        expected = (self.num_classes, self.num_classes)
        if tuple(adjacency.shape) != expected:
            raise ValueError(
                f'expected adjacency to be of shape {expected}, but got {tuple(adjacency.shape)}'
            )
        if not bool(((adjacency >= 0) & (adjacency <= 1)).all()):
            low, high = float(adjacency.min()), float(adjacency.max())
            raise ValueError(
                f'expected adjacency to lie in [0, 1], but got values from {low} to {high}'
            )
        self.adjacency.copy_(adjacency)
        self.is_set = True

    def forward(self, features: Tensor) -> Tensor:
        """Run T steps from ``X = features``."""
        state = features
        for _ in range(self.steps):
            state = self._update(state, self.message(self._neighbours(state)), self.gates(state))
        return state

    def forward_variants(
        self, variants: Sequence[Tensor], changed: Sequence[Tensor], rows: Tensor
    ) -> Tensor:
        """Final states at some entries only, of a batch and of blended copies of it.

        The values of :meth:`forward` for every variant, with less work: the first step's products
        are computed once and corrected for the few categories in which a copy differs (a change of
        low rank), and the last step is computed only where its result is read.

        Args:
            variants: The batch, then its copies.
            changed: For each copy, categories that include all in which it differs from the batch.
            rows: Which entries, as indices into variants x images x categories.

        Shape:
            V times (B, C, D), V - 1 times (B, K) of any K, (R,) -> (R, D).
        """

        def select(tensor: Tensor) -> Tensor:
            return tensor.flatten(0, 2).index_select(0, rows)

        state = torch.stack(list(variants))
        first = self._first_step(variants, changed)
        if self.steps == 1:
            messages, gates = (torch.stack(part) for part in zip(*first, strict=True))
            return self._update(select(state), select(messages), select(gates))
        state = torch.stack(
            [self._update(variant, *sums) for variant, sums in zip(variants, first, strict=True)]
        )
        for _ in range(self.steps - 2):
            state = self._update(state, self.message(self._neighbours(state)), self.gates(state))
        message = self.message(select(self._neighbours(state)))
        state = select(state)
        return self._update(state, message, self.gates(state))

    def _first_step(
        self, variants: Sequence[Tensor], changed: Sequence[Tensor]
    ) -> list[tuple[Tensor, Tensor]]:
        """Message (B, C, 3D) and gate (B, C, 2D) sums of every variant in the first step."""
        batch = variants[0]
        message, gates = self.message(self._neighbours(batch)), self.gates(batch)
        sums = [(message, gates)]
        inward, outward = self.message.weight.chunk(2, dim=1)
        adjacency = self.adjacency.to(message.dtype)
        for variant, categories in zip(variants[1:], changed, strict=True):
            index = categories.unsqueeze(-1)
            own = index.expand(-1, -1, batch.shape[-1])
            change = variant.gather(1, own) - batch.gather(1, own)
            # Category c enters the message of category i by A[i, c] and by A[c, i].
            reach = torch.cat([adjacency.mT[categories], adjacency[categories]], dim=1).mT
            sent = torch.cat([F.linear(change, inward), F.linear(change, outward)], dim=1)
            gate_change = F.linear(change, self.gates.weight)
            sums.append(
                (
                    torch.baddbmm(message, reach, sent),
                    gates.scatter_add(1, index.expand_as(gate_change), gate_change),
                )
            )
        return sums

    def _neighbours(self, state: Tensor) -> Tensor:
        """``[A X ; A^T X]``: (..., C, D) -> (..., C, 2D)."""
        adjacency = self.adjacency.to(state.dtype)
        return torch.cat([adjacency @ state, adjacency.mT @ state], dim=-1)

    def _update(self, state: Tensor, message: Tensor, gates: Tensor) -> Tensor:
        """The new state from ``W m`` (..., 3D) and ``[U1 X ; U2 X]`` (..., 2D)."""
        channels = state.shape[-1]
        update, reset = torch.sigmoid(message[..., : 2 * channels] + gates).chunk(2, dim=-1)
        candidate = torch.tanh(message[..., 2 * channels :] + self.candidate(reset * state))
        return torch.lerp(state, candidate.to(state.dtype), update.to(state.dtype))

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        super()._load_from_state_dict(state_dict, prefix, *args)
        self.is_set = self.is_set or f'{prefix}adjacency' in state_dict
