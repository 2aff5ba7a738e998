"""Gated graph network over the categories (reference: arXiv 2205.13092, after Li et al., 2016)."""

from __future__ import annotations

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn


class GatedGraphNetwork(BaseModule):
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
        steps: Number of steps T.
        init_cfg: Initialisation config of MMEngine.

    Shape:
        (B, C, D) -> (B, C, D).
    """

    adjacency: Tensor

    def __init__(
        self, num_classes: int, channels: int, steps: int = 3, init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        if steps < 0:
            raise ValueError(f'expected steps to be 0 or more, but got {steps}')
        self.num_classes = num_classes
        self.steps = steps
        self.message = nn.Linear(2 * channels, 3 * channels)
        self.gates = nn.Linear(channels, 2 * channels)
        self.candidate = nn.Linear(channels, channels)
        # Not learnt: a fixed statistic of the training labels, saved with the model.
        self.register_buffer('adjacency', torch.zeros(num_classes, num_classes))
        self.is_set = False

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
        channels = state.shape[-1]
        for _ in range(self.steps):
            adjacency = self.adjacency.to(state.dtype)
            neighbours = torch.cat([adjacency @ state, adjacency.mT @ state], dim=-1)
            message = self.message(neighbours)
            gates = torch.sigmoid(message[..., : 2 * channels] + self.gates(state))
            update, reset = gates.split(channels, dim=-1)
            candidate = torch.tanh(message[..., 2 * channels :] + self.candidate(reset * state))
            state = torch.lerp(state, candidate, update)
        return state

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        super()._load_from_state_dict(state_dict, prefix, *args)
        self.is_set = self.is_set or f'{prefix}adjacency' in state_dict
