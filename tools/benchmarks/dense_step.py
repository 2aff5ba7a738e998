"""A step of the method as its formulas stand, by the tests' reference (tests/oracles)."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from torch import Tensor, nn

sys.path.append(str(Path(__file__).resolve().parents[2] / 'tests'))

from oracles import dense
from oracles.wiring import by_letter


class DenseStep:
    """Losses of a neck and a head with every tensor of the formulas built.

    The attended maps (B, H, W, C, D) and the prototypes (C, 4, H, W, D) are there in full, and the
    three passes of graph and classifiers are separate. The parameters are those of the modules,
    pooling and projection the neck's own.

    Args:
        neck: The neck.
        head: The head, with both ways of blending.
        bank: Prototypes of the head (C, 4, D).
        side: Side of the pooled map.
    """

    def __init__(self, neck: nn.Module, head: nn.Module, bank: Tensor, side: int) -> None:
        self.neck, self.graph = neck, head.graph
        tensors = {}
        for name, module in (('neck', neck), ('head', head)):
            named = [*module.named_buffers(), *module.named_parameters()]
            tensors |= {f'{name}.{key}': tensor for key, tensor in named}
        self.params = by_letter(tensors)
        # A prototype is only ever used summed over the map: any share per location will do.
        self.prototypes = bank[:, :, None, None].repeat(1, 1, side, side, 1) / side**2

    def __call__(self, image_map: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Losses of a batch.

        Shape:
            (B, in_channels, H', W'), (B, C) in {1, 0, -1} -> scalars.
        """
        image_map = self.neck.projection(self.neck.pool(image_map))
        graph = self.graph.adjacency, self.graph.steps
        labels = target.int().tolist()
        losses = dense.training_losses(
            image_map, labels, self.params, *graph, self.prototypes, _Draw()
        )
        return {f'loss_{name}': value for name, value in losses.items()}


class _Draw:
    """The random choices of a step."""

    def chosen(self, labels: list[list[int]], quadrants: Tensor) -> dict[tuple[int, int], int]:
        """One unknown category per image, and a quadrant other than the image's own."""
        choices = {}
        for image, row in enumerate(labels):
            unknown = [category for category, label in enumerate(row) if label == dense.UNKNOWN]
            if unknown:
                category = random.choice(unknown)
                own = int(quadrants[image, category])
                choices[image, category] = random.choice([q for q in range(4) if q != own])
        return choices

    def shuffled(self, kind: str, pairs: list) -> list:
        """Pairs in a random order."""
        return random.sample(pairs, len(pairs))
