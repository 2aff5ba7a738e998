"""The DSRB head: category features, label graph and one classifier per category."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmpretrain.registry import MODELS
from torch import Tensor, nn

from dsrb_mm.arguments import check_int, check_sizes
from dsrb_mm.models.complements.complement import CategoryBatch
from dsrb_mm.models.layers import CategoryClassifier, GatedGraphNetwork, marked_entries

from .partial_label_head import PartialLabelHead


@MODELS.register_module()
class DSRBHead(PartialLabelHead):
    """Head of DSRB (arXiv 2205.13092) on the category features of :class:`CSRLNeck`.

    A gated graph network over the categories and one classifier per category. The method's two
    blendings and its contrastive loss are parts::

        head=dict(
            type='DSRBHead',
            complements=[
                dict(type='InstanceBlending', begin=5),
                dict(type='PrototypeBlending', begin=5, interval=5),
            ],
            aux_losses=[dict(type='CategoryContrastiveLoss', loss_weight=0.05)],
        )

    The label graph is computed from the training labels (``MethodHook`` passes them on).

    Args:
        num_classes: Number of categories C.
        in_channels: Channels D of the category features.
        hidden_channels: Channels of the output layer.
        graph_steps: Steps T of the gated graph network; 0 leaves the graph out.
        **kwargs: See :class:`PartialLabelHead`.

    Shape:
        :class:`CategoryFeatures` -> logits (B, C).

    Raises:
        ValueError: A number out of range, or an unknown part.
        TypeError: An argument of a wrong type.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 1024,
        hidden_channels: int = 1024,
        graph_steps: int = 3,
        **kwargs: Any,
    ) -> None:
        check_sizes(
            num_classes=num_classes, in_channels=in_channels, hidden_channels=hidden_channels
        )
        check_int('graph_steps', graph_steps)
        super().__init__(num_classes, category_channels=in_channels, **kwargs)
        self.graph = (
            GatedGraphNetwork(num_classes, in_channels, graph_steps) if graph_steps else None
        )
        self.classifier = CategoryClassifier(num_classes, in_channels, hidden_channels)

    def category_features(self, feats: Sequence[Tensor]) -> Tensor:
        """The semantic features of the neck, (B, C, D)."""
        return feats[-1]

    def classify(self, features: Tensor) -> Tensor:
        """Graph network and classifiers: (B, C, D) -> (B, C)."""
        state = features if self.graph is None else self.graph(features)
        return self.classifier(state, features)

    def category_bias(self) -> nn.Parameter:
        """The classifiers' biases b_c."""
        return self.classifier.bias

    def loss(self, feats: Any, data_samples: Any, **kwargs: Any) -> dict[str, Tensor]:
        """Losses and logged scalars of a batch; see the base class.

        Raises:
            RuntimeError: The label graph was never set.
        """
        if self.graph is not None and not self.graph.is_set:
            raise RuntimeError(
                'the label graph is not set: add dict(type="MethodHook") to custom_hooks, or call '
                'head.graph.see_labels(labels) before training'
            )
        return super().loss(feats, data_samples, **kwargs)

    def classify_variants(self, variants: Sequence[CategoryBatch]) -> Sequence[Tensor]:
        """Logits of the batch and its copies; where no loss reads them they may be left at 0.

        The shortcut computes the last graph step and the classifiers only for entries that a loss
        reads, and the first graph step of a copy as a correction of the batch's. It changes neither
        losses nor gradients.
        """
        # Copies with the batch's own features share its logits, which the base class sees to, and
        # a second view differs from the batch everywhere.
        batch = variants[0]
        separate = all(
            copy.changed is not None
            and copy.features is not batch.features
            and copy.features is not batch.second
            for copy in variants[1:]
        )
        if self.graph is None or self.loss_module.reads_unknown or not separate:
            return super().classify_variants(variants)
        features = [variant.features for variant in variants]
        targets = torch.stack([variant.target for variant in variants])
        masks = [(targets >= 0).flatten(), *[copy.changed for copy in variants[1:]]]
        rows, *changed = marked_entries(masks)
        state = self.graph.forward_variants(features, changed, rows)
        selected = torch.stack(features).flatten(0, 2).index_select(0, rows)
        logits = self.classifier(state, selected, rows % self.num_classes)
        return logits.new_zeros(targets.numel()).index_copy(0, rows, logits).view_as(targets)
