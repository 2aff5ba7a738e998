"""The DSRB head: label graph, classifier, and blended representations in training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmpretrain.models.heads import MultiLabelClsHead
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample, label_to_onehot
from torch import Tensor

from dsrb_mm.models.layers import (
    CategoryClassifier,
    GatedGraphNetwork,
    InstanceBlending,
    KnownLabelCounts,
    PrototypeBlending,
)
from dsrb_mm.models.necks import CategoryFeatures


@MODELS.register_module()
class DSRBHead(MultiLabelClsHead):
    """Multi-label head of DSRB (arXiv 2205.13092), on the category features of :class:`CSRLNeck`.

    In inference: gated graph network and one classifier per category. In training, once
    :attr:`blending_active` is set (by ``PrototypeHook``, at the published epoch), the same
    classifier also sees two blended copies of the batch (IPRB and PPRB) with soft targets.

    The label graph must be set before training (``LabelGraphHook`` does it).

    Args:
        num_classes: Number of categories C.
        in_channels: Channels D of the semantic features.
        hidden_channels: Channels of the output layer.
        graph_steps: Steps T of the gated graph network.
        loss: Loss of the plain and of both blended predictions.
        loss_contrastive: Contrastive loss on the semantic features; None switches it off.
        iprb: Arguments of :class:`InstanceBlending` (``alpha``, ``learnable``); None: switched off.
        pprb: Arguments of :class:`PrototypeBlending` (``beta``, ``learnable``, ``num_blended``,
            ``max_per_location``); None switches it off.
        bias_init: ``'known_prior'`` starts each category's bias at the log-odds of its known
            labels (``LabelGraphHook`` supplies them), which short trainings need; None does not.
        diagnostics: Whether to log the mean maximum of the attention beside that of a uniform one
            (1 / HW), and the entropy of the base rate: the loss of a model blind to the images.
        thr: Probability from which a category counts as predicted.
        topk: Number of predicted categories, where ``thr`` is None.
        init_cfg: Initialisation config of MMEngine.

    Raises:
        ValueError: Unknown ``bias_init``.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 1024,
        hidden_channels: int = 1024,
        graph_steps: int = 3,
        loss: dict | None = None,
        loss_contrastive: dict | None = None,
        iprb: dict | None = None,
        pprb: dict | None = None,
        bias_init: str | None = None,
        diagnostics: bool = False,
        thr: float | None = None,
        topk: int | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        loss = loss or dict(type='PartialBCELoss')
        super().__init__(loss=loss, thr=thr, topk=topk, init_cfg=init_cfg)
        if bias_init not in (None, 'known_prior'):
            raise ValueError(
                f"expected bias_init to be None or 'known_prior', but got {bias_init!r}"
            )
        self.num_classes = num_classes
        self.bias_init = bias_init
        self.diagnostics = diagnostics
        self.graph = GatedGraphNetwork(num_classes, in_channels, graph_steps)
        self.classifier = CategoryClassifier(num_classes, in_channels, hidden_channels)
        self.loss_contrastive = None if loss_contrastive is None else MODELS.build(loss_contrastive)
        self.iprb = None if iprb is None else InstanceBlending(**iprb)
        self.pprb = None if pprb is None else PrototypeBlending(num_classes, in_channels, **pprb)
        self.register_buffer('base_rate_entropy', torch.tensor(float('nan')))
        # The schedule is the hooks' affair; without hooks nothing is blended or ramped.
        self.blending_active = False
        self.contrastive_ramp = 1.0

    def set_label_statistics(
        self, adjacency: Tensor, counts: KnownLabelCounts, fresh: bool = True
    ) -> None:
        """Take over what the known training labels say.

        Args:
            adjacency: Label graph.
            counts: Known labels per category.
            fresh: Whether the weights are new, so that ``bias_init`` may set the biases.

        Shape:
            adjacency (C, C).
        """
        self.graph.set_adjacency(adjacency)
        self.base_rate_entropy.fill_(counts.base_rate_entropy())
        if self.bias_init == 'known_prior' and fresh:
            with torch.no_grad():
                self.classifier.bias.copy_(torch.from_numpy(counts.prior_logit()))

    def pre_logits(self, feats: Sequence[Tensor]) -> Tensor:
        """The semantic features, (B, C, D)."""
        return feats[-1]

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Logits (B, C) of the semantic features at the end of ``feats``."""
        return self.classify(self.pre_logits(feats))

    def classify(self, semantic: Tensor) -> Tensor:
        """Graph network and classifiers: (B, C, D) -> (B, C)."""
        return self.classifier(self.graph(semantic), semantic)

    def loss(
        self, feats: CategoryFeatures, data_samples: list[DataSample], **kwargs
    ) -> dict[str, Tensor]:
        """Losses and logged scalars of a batch.

        Args:
            feats: Output of the neck.
            data_samples: With ``gt_score`` (C,) in {1, 0, -1}, or complete labels in ``gt_label``.

        Returns:
            ``loss_bce``, ``loss_iprb`` and ``loss_pprb`` (once blending is active),
            ``loss_contrastive``; and, not part of the loss, ``alpha``, ``beta``, the numbers of
            blended labels per image, and the diagnostics.

        Raises:
            RuntimeError: The label graph was never set.
        """
        if not self.graph.is_set:
            raise RuntimeError(
                'the label graph is not set: add dict(type="LabelGraphHook") to custom_hooks, or '
                'call head.set_label_statistics() before training'
            )
        target = self.stack_targets(data_samples)
        semantics, targets, names, logged = self._blend(feats, target)
        logits = self.classify(torch.cat(semantics)).split(len(target))
        losses = {
            f'loss_{name}': self.loss_module(logit, soft)
            for name, logit, soft in zip(names, logits, targets, strict=True)
        }
        if self.loss_contrastive is not None:
            losses['loss_contrastive'] = self.contrastive_ramp * self.loss_contrastive(
                feats.semantic, target
            )
        if self.diagnostics:
            logged['attention_max'] = feats.attention.amax((-2, -1)).mean()
            logged['attention_uniform'] = target.new_full((), 1 / feats.attention[0, 0].numel())
            logged['base_rate_entropy'] = self.base_rate_entropy
        return {**losses, **logged}

    def _blend(
        self, feats: CategoryFeatures, target: Tensor
    ) -> tuple[list[Tensor], list[Tensor], list[str], dict[str, Tensor]]:
        """The plain representation and its blended copies, their targets and names, and logs."""
        semantics, targets, names = [feats.semantic], [target], ['bce']
        logged: dict[str, Tensor] = {}
        if not self.blending_active:
            return semantics, targets, names, logged
        perspectives = {
            'iprb': (self.iprb, 'alpha', (feats.semantic, target)),
            'pprb': (self.pprb, 'beta', (feats.semantic, target, feats.quadrant)),
        }
        for name, (blending, symbol, inputs) in perspectives.items():
            if blending is None:
                continue
            mixed, soft, blended = blending(*inputs)
            semantics.append(mixed)
            targets.append(soft)
            names.append(name)
            logged[symbol] = blending.blending_weight.value.detach().clone()
            logged[f'{name}_blended'] = blended.sum() / len(target)
        return semantics, targets, names, logged

    def stack_targets(self, data_samples: list[DataSample]) -> Tensor:
        """Labels of a batch, (B, C) in {1, 0, -1}."""
        if 'gt_score' in data_samples[0]:
            return torch.stack([sample.gt_score.float() for sample in data_samples])
        labels = [label_to_onehot(sample.gt_label, self.num_classes) for sample in data_samples]
        return torch.stack(labels).float()
