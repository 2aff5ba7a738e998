"""The DSRB head: label graph, classifier, and blended representations in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from mmpretrain.models.heads import MultiLabelClsHead
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample, label_to_onehot
from torch import Tensor, nn

from dsrb_mm.arguments import (
    check_flag,
    check_int,
    check_number,
    check_options,
    check_sizes,
)
from dsrb_mm.models.complements import InstanceBlending, PrototypeBlending
from dsrb_mm.models.layers import (
    CategoryClassifier,
    GatedGraphNetwork,
    KnownLabelCounts,
    marked_entries,
)
from dsrb_mm.models.necks import CategoryFeatures


class _Variant(NamedTuple):
    """The batch, or a blended copy of it: what is classified, and with which targets.

    Attributes:
        name: Name of its loss.
        semantic: Semantic features, (B, C, D).
        target: Labels, soft where blended, (B, C).
        blended: Where it differs from the batch, (B, C).
        most: The most categories blended in an image; None where no bound is known.
    """

    name: str
    semantic: Tensor
    target: Tensor
    blended: Tensor
    most: int | None


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
        ValueError: Unknown ``bias_init``, or a number out of range.
        TypeError: An argument of a wrong type, or an unknown option of a part.
    """

    training_only = ('iprb.', 'pprb.', 'base_rate_entropy', 'loss_')

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
        check_sizes(
            num_classes=num_classes, in_channels=in_channels, hidden_channels=hidden_channels
        )
        check_int('graph_steps', graph_steps)
        check_flag('diagnostics', diagnostics)
        if thr is not None:
            check_number('thr', thr, 0, 1)
        if topk is not None:
            check_int('topk', topk, 1, num_classes)
        check_options('loss', loss)
        check_options('loss_contrastive', loss_contrastive)
        check_options('iprb', iprb, ('alpha', 'learnable'))
        check_options('pprb', pprb, ('beta', 'learnable', 'num_blended', 'max_per_location'))
        built = build_part('loss', loss or dict(type='PartialBCELoss'))
        super().__init__(loss=built, thr=thr, topk=topk, init_cfg=init_cfg)
        if bias_init not in (None, 'known_prior'):
            raise ValueError(
                f"expected bias_init to be None or 'known_prior', but got {bias_init!r}"
            )
        self.num_classes = num_classes
        self.bias_init = bias_init
        self.diagnostics = diagnostics
        self.graph = GatedGraphNetwork(num_classes, in_channels, graph_steps)
        self.classifier = CategoryClassifier(num_classes, in_channels, hidden_channels)
        self.loss_contrastive = (
            None if loss_contrastive is None else build_part('loss_contrastive', loss_contrastive)
        )
        self.iprb = None if iprb is None else InstanceBlending(**iprb)
        self.pprb = None if pprb is None else PrototypeBlending(num_classes, in_channels, **pprb)
        self.register_buffer('base_rate_entropy', torch.tensor(0.0))
        # The schedule is the hooks' affair; without hooks nothing is blended or ramped.
        self.blending_active = False
        self.contrastive_ramp = 1.0
        self._label_counts: KnownLabelCounts | None = None

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
        self._label_counts = counts
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
        variants, logged = self._blend(feats, target)
        logits = self._classify_variants(variants)
        losses = {
            f'loss_{variant.name}': self.loss_module(logit, variant.target)
            for variant, logit in zip(variants, logits, strict=True)
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
    ) -> tuple[list[_Variant], dict[str, Tensor]]:
        """The batch and its blended copies, and what to log of them."""
        variants = [_Variant('bce', feats.semantic, target, torch.zeros_like(target).bool(), 0)]
        logged: dict[str, Tensor] = {}
        if not self.blending_active:
            return variants, logged
        counts = self._label_counts
        if self.iprb is not None:
            mixed, soft, blended = self.iprb(feats.semantic, target)
            most = None if counts is None else counts.most_positive
            variants.append(_Variant('iprb', mixed, soft, blended, most))
            logged['alpha'] = self.iprb.blending_weight.value.detach().clone()
        if self.pprb is not None:
            mixed, soft, blended = self.pprb(feats.semantic, target, feats.quadrant)
            variants.append(_Variant('pprb', mixed, soft, blended, self.pprb.num_blended))
            logged['beta'] = self.pprb.blending_weight.value.detach().clone()
        for variant in variants[1:]:
            logged[f'{variant.name}_blended'] = variant.blended.sum() / len(target)
        return variants, logged

    def _classify_variants(self, variants: list[_Variant]) -> Tensor:
        """Logits (V, B, C); where the loss does not read them they may be left at 0."""
        semantics = [variant.semantic for variant in variants]
        if not getattr(self.loss_module, 'reads_known_only', False):
            return self.classify(torch.cat(semantics)).unflatten(0, (len(variants), -1))
        targets = torch.stack([variant.target for variant in variants])
        rows = marked_entries((targets >= 0).flatten(), self._most_rows(variants))
        state = self.graph.forward_variants(
            semantics,
            [marked_entries(variant.blended, variant.most) for variant in variants[1:]],
            rows,
        )
        semantic = torch.stack(semantics).flatten(0, 2).index_select(0, rows)
        logits = self.classifier(state, semantic, rows % self.num_classes)
        return logits.new_zeros(targets.numel()).index_copy(0, rows, logits).view_as(targets)

    def _most_rows(self, variants: list[_Variant]) -> int | None:
        """Bound of the known and blended entries of all variants."""
        if self._label_counts is None or any(variant.most is None for variant in variants):
            return None
        known = self._label_counts.most_known
        return sum(len(v.target) * min(known + (v.most or 0), self.num_classes) for v in variants)

    def stack_targets(self, data_samples: list[DataSample]) -> Tensor:
        """Labels of a batch, (B, C) in {1, 0, -1}."""
        if 'gt_score' in data_samples[0]:
            return torch.stack([sample.gt_score.float() for sample in data_samples])
        labels = [label_to_onehot(sample.gt_label, self.num_classes) for sample in data_samples]
        return torch.stack(labels).float()


def build_part(name: str, config: dict) -> nn.Module:
    """Build a part of the head.

    Raises:
        ValueError: A config without type, or of an unknown one.
    """
    if not isinstance(config.get('type'), (str, type)):
        raise ValueError(f'expected {name} to be a config with a type, but got {config}')
    try:
        return MODELS.build(config)
    except (KeyError, ImportError) as error:
        raise ValueError(
            f'expected {name} to be the config of a registered module, but got {config}: {error}'
        ) from error
