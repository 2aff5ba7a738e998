"""The method as its formulas stand, attended maps in full: what the package is measured against."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dsrb_mm.models.heads import DSRBHead
from dsrb_mm.models.layers import attended_response, peak_quadrant
from dsrb_mm.models.necks import CSRLNeck


class DenseForm(nn.Module):
    """Losses of a neck and a head (arXiv 2205.13092) with every tensor of the formulas built.

    Attended maps (B, N, C, D), prototypes (C, 4, N, D), M applied before u, all three passes of
    graph and classifier in full and apart, six matrix products a graph step. It uses the parameters
    of the modules it is given, so its losses and gradients are theirs up to rounding.

    Args:
        neck: The neck.
        head: The head, with both ways of blending.
        locations: Number of locations N of the pooled map.

    Raises:
        ValueError: The head lacks a way of blending or the contrastive loss.
    """

    def __init__(self, neck: CSRLNeck, head: DSRBHead, locations: int) -> None:
        super().__init__()
        names = [*head.complements, *head.aux_losses]
        if names != ['iprb', 'pprb', 'contrastive']:
            raise ValueError(
                f'expected a head with the parts iprb, pprb and contrastive, but got {names}'
            )
        self.neck = neck
        self.head = head
        self.iprb, self.pprb = head.complements.iprb, head.complements.pprb
        self.contrastive = head.aux_losses.contrastive
        # A prototype is only ever used summed over the map: any share a location will do.
        bank = self.pprb.bank.prototypes
        maps = bank.unsqueeze(2).expand(-1, -1, locations, -1) / locations
        self.register_buffer('prototypes', maps.contiguous())

    def forward(self, image_map: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Losses of a batch.

        Shape:
            (B, in_channels, H', W'), (B, C) in {1, 0, -1} -> scalars.
        """
        maps, quadrant = self._attended_maps(image_map)
        semantic = maps.sum(1)
        instance, instance_target = self._blend_instances(maps, target)
        prototype, prototype_target = self._blend_prototypes(maps, target, quadrant)
        loss = self.head.loss_module
        return dict(
            loss_plain=loss(self._classify(semantic), target),
            loss_iprb=loss(self._classify(instance.sum(1)), instance_target),
            loss_pprb=loss(self._classify(prototype.sum(1)), prototype_target),
            loss_contrastive=self.contrastive(semantic, target),
        )

    def _attended_maps(self, image_map: Tensor) -> tuple[Tensor, Tensor]:
        neck = self.neck
        image_map = neck.projection(neck.pool(image_map))
        features = image_map.flatten(2).mT
        joint = torch.tanh(
            neck.image_to_joint(features).unsqueeze(2) * neck.word_to_joint(neck.word_vectors)
        )
        attention = neck.score(neck.joint(joint)).softmax(1)  # (B, N, C, 1)
        with torch.no_grad():
            weights = attention.squeeze(-1).mT
            weights = weights.unflatten(-1, image_map.shape[-2:])
            quadrant = peak_quadrant(attended_response(weights, features))
        return attention * features.unsqueeze(2), quadrant

    def _blend_instances(self, maps: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        alpha = self.iprb.blending_weight()
        blended = (target == -1) & (target.flip(0) == 1)
        mixture = alpha * maps + (1 - alpha) * maps.flip(0)
        return (
            torch.where(blended[:, None, :, None], mixture, maps),
            torch.where(blended, 1 - alpha, target),
        )

    def _blend_prototypes(
        self, maps: Tensor, target: Tensor, quadrant: Tensor
    ) -> tuple[Tensor, Tensor]:
        beta = self.pprb.blending_weight()
        choice = self.pprb.choose(target, quadrant)
        image, place = choice.valid.nonzero(as_tuple=True)
        category, location = choice.category[image, place], choice.location[image, place]
        own = maps[image, :, category]
        mixed, soft = maps.clone(), target.clone()
        mixed[image, :, category] = beta * own + (1 - beta) * self.prototypes[category, location]
        soft[image, category] = 1 - beta
        return mixed, soft

    def _classify(self, semantic: Tensor) -> Tensor:
        graph = self.head.graph
        weights = graph.message.weight.chunk(3), graph.message.bias.chunk(3)
        gates = graph.gates.weight.chunk(2), graph.gates.bias.chunk(2)
        state = semantic
        for _ in range(graph.steps):
            message = torch.cat([graph.adjacency @ state, graph.adjacency.mT @ state], dim=-1)
            sums = [F.linear(message, w, b) for w, b in zip(*weights, strict=True)]
            update, reset = (
                torch.sigmoid(total + F.linear(state, w, b))
                for total, w, b in zip(sums, *gates, strict=False)
            )
            candidate = torch.tanh(sums[2] + graph.candidate(reset * state))
            state = (1 - update) * state + update * candidate
        return self.head.classifier(state, semantic)
