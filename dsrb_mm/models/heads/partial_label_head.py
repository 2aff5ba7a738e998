"""The head that all methods for partial labels share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from mmpretrain.models.heads import MultiLabelClsHead
from mmpretrain.structures import DataSample, label_to_onehot
from torch import Tensor, nn

from dsrb_mm.arguments import check_flag, check_int, check_number, check_sizes
from dsrb_mm.models.complements.complement import CategoryBatch, Complement
from dsrb_mm.models.layers import KnownLabelCounts
from dsrb_mm.models.losses import PartialLabelLoss
from dsrb_mm.models.method_part import MethodPart
from dsrb_mm.models.part_building import build_named_parts, build_part

PLAIN = 'plain'  # name of the loss term of the batch itself


class PartialLabelHead(MultiLabelClsHead, MethodPart):
    """Base of multi-label heads that train on partial labels.

    In training it stacks the targets, lets the *complements* change copies of the batch, classifies
    the batch and its copies, and adds up their losses. A subclass implements
    :meth:`category_features` (one feature per category, from the neck's output), :meth:`classify`
    (their logits) and :meth:`category_bias`.

    Args:
        num_classes: Number of categories C.
        loss: Config of a :class:`PartialLabelLoss`, for the batch and for every copy of it.
        complements: Configs of :class:`Complement` modules, in the order in which they see the
            batch; those that replace the batch come before those that add a loss.
        aux_losses: Configs of losses on the category features, called with (features, target).
        bias_init: ``'known_prior'`` starts each category's bias at the log-odds of its known
            labels, which short trainings need; None does not. Biases from a checkpoint are kept.
            Where all known labels are present, unknown ones count as absent here.
        diagnostics: Whether to log the mean maximum of the attention beside that of a uniform one
            (1 / HW), and the entropy of the base rate, which is the loss of a model that does not
            look at the images.
        thr: Probability from which a category counts as predicted.
        topk: Number of predicted categories, where ``thr`` is None.
        init_cfg: Initialisation config of MMEngine.
        category_channels: Channels D of a category's feature, for complements with layers of their
            own; a subclass tells it.

    Raises:
        ValueError: An argument out of range, or a part that is not registered.
        TypeError: An argument of a wrong type, or a loss that does not know unknown labels.
    """

    training_only = ('complements.', 'aux_losses.', 'loss_module.', 'base_rate_entropy')
    base_rate_entropy: Tensor

    def __init__(
        self,
        num_classes: int,
        loss: dict | None = None,
        complements: Sequence[dict] = (),
        aux_losses: Sequence[dict] = (),
        bias_init: str | None = None,
        diagnostics: bool = False,
        thr: float | None = None,
        topk: int | None = None,
        init_cfg: dict | None = None,
        *,
        category_channels: int,
    ) -> None:
        check_sizes(num_classes=num_classes)
        if thr is not None:
            check_number('thr', thr, 0, 1)
        if topk is not None:
            check_int('topk', topk, 1, num_classes)
        super().__init__(_build_loss(loss), thr=thr, topk=topk, init_cfg=init_cfg)
        if bias_init not in (None, 'known_prior'):
            raise ValueError(
                f"expected bias_init to be None or 'known_prior', but got {bias_init!r}"
            )
        self.num_classes = num_classes
        self.bias_init = bias_init
        self.diagnostics = check_flag('diagnostics', diagnostics)
        self.complements = build_named_parts('complements', complements, Complement, [PLAIN])
        for complement in self.complements.values():
            complement.build_layers(num_classes, category_channels)
        taken = [PLAIN, *self.complements]
        self.aux_losses = build_named_parts('aux_losses', aux_losses, nn.Module, taken)
        self.register_buffer('base_rate_entropy', torch.tensor(0.0))
        self._bias_is_loaded = False

    def category_features(self, feats: Any) -> Tensor:
        """What the classifier reads of each category, linear where it is to be blended.

        Shape:
            output of the neck -> (B, C, D).
        """
        raise NotImplementedError

    def classify(self, features: Tensor) -> Tensor:
        """Logits of category features, in float32 also under mixed precision.

        Shape:
            (B, C, D) -> (B, C).
        """
        raise NotImplementedError

    def category_bias(self) -> nn.Parameter:
        """The bias of each category's logit, (C,)."""
        raise NotImplementedError

    def locations(self, feats: Any) -> Tensor | None:
        """Quadrant of the map in which each category peaks, (B, C); None without a map."""
        return getattr(feats, 'quadrant', None)

    def pre_logits(self, feats: Any) -> Tensor:
        """The category features, which MMPretrain calls pre-logits."""
        return self.category_features(feats)

    def forward(self, feats: Any) -> Tensor:
        """Logits (B, C)."""
        return self.classify(self.category_features(feats))

    def see_labels(self, labels: np.ndarray) -> None:
        """Set the biases to the prior of the known labels, if asked for; see the base class."""
        counts = KnownLabelCounts.from_labels(labels)
        self.base_rate_entropy.fill_(counts.base_rate_entropy())
        if self.bias_init == 'known_prior' and not self._bias_is_loaded:
            with torch.no_grad():
                self.category_bias().copy_(torch.from_numpy(counts.prior_logit()))

    def make_batch(self, feats: Any, data_samples: Sequence[DataSample]) -> CategoryBatch:
        """Category features and targets of a batch.

        Args:
            feats: Output of the neck; of twice as many images as there are samples, where the
                second half are second views (:class:`ViewsDataPreprocessor`).
            data_samples: With ``gt_score`` (C,) in {1, 0, -1}, or complete labels in ``gt_label``;
                with ``sample_idx``, the index in the training set.
        """
        features = self.category_features(feats)
        reads_location = any(part.reads_location for part in self.complements.values())
        location = self.locations(feats) if reads_location else None
        number = len(data_samples)
        indices = [sample.get('sample_idx') for sample in data_samples]
        return CategoryBatch(
            features=features[:number],
            target=self.stack_targets(data_samples),
            indices=None if None in indices else torch.tensor(indices, device=features.device),
            location=None if location is None else location[:number],
            second=features[number:] if len(features) == 2 * number else None,
        )

    def observed_batch(self, feats: Any, data_samples: Sequence[DataSample]) -> CategoryBatch:
        """A batch with its logits, for parts that look at the training set."""
        batch = self.make_batch(feats, data_samples)
        return replace(batch, logits=self.classify(batch.features))

    def stack_targets(self, data_samples: Sequence[DataSample]) -> Tensor:
        """Labels of a batch, (B, C) in {1, 0, -1}."""
        if 'gt_score' in data_samples[0]:
            return torch.stack([sample.gt_score.float() for sample in data_samples])
        labels = [label_to_onehot(sample.gt_label, self.num_classes) for sample in data_samples]
        return torch.stack(labels).float()

    def loss(
        self, feats: Any, data_samples: Sequence[DataSample], **kwargs: Any
    ) -> dict[str, Tensor]:
        """Losses and logged scalars of a batch.

        Args:
            feats: Output of the neck.
            data_samples: See :meth:`make_batch`.
            **kwargs: Further arguments of the loss module.

        Returns:
            ``loss_plain``; ``loss_<name>`` of each active complement and auxiliary loss; and, not
            part of the loss, ``<name>_changed`` (changed entries per image), the complements'
            scalars and the diagnostics.
        """
        batch, copies, changes = self._complement(self.make_batch(feats, data_samples))
        variants = {PLAIN: batch, **copies}
        logits = self.classify_variants(list(variants.values()))
        losses = {}
        for (name, variant), logit in zip(variants.items(), logits, strict=True):
            # What a loss keeps of the training set must not count a copy as a further image.
            self.loss_module.train(self.training and variant is batch)
            target, weight = self._judged(variant, batch)
            losses[f'loss_{name}'] = self.loss_module(
                logit, target, weight=weight, indices=variant.indices, **kwargs
            )
        self.loss_module.train(self.training)
        for name, loss in self.aux_losses.items():
            losses[f'loss_{name}'] = loss(batch.features, batch.target)
        for complement in self.complements.values():
            losses |= complement.extra_losses(batch)
        return losses | self._scalars(feats, changes)

    def _active(self) -> list[Complement]:
        # A copy must differ from the final batch only where the complement changed it.
        ordered = sorted(self.complements.values(), key=lambda part: part.adds_loss)
        return [part for part in ordered if part.is_active]

    def _judged(self, variant: CategoryBatch, batch: CategoryBatch) -> tuple[Tensor, Tensor | None]:
        """Target and weight of each entry.

        A known label that a copy leaves out has weight 0 there. It keeps its label, so that a loss
        that ranks unknown entries does not take it for one of them.
        """
        if variant is batch or not self.loss_module.reads_unknown:
            return variant.target, variant.weight
        judged = (variant.target >= 0) | (batch.target < 0)
        weight = judged if variant.weight is None else variant.weight * judged
        return torch.where(judged, variant.target, batch.target), weight

    def _complement(
        self, batch: CategoryBatch
    ) -> tuple[CategoryBatch, dict[str, CategoryBatch], dict[str, Tensor]]:
        """The batch, the copies of it that get a loss term, and what each part changed."""
        copies: dict[str, CategoryBatch] = {}
        changes: dict[str, Tensor] = {}
        active = self._active()
        if any(part.reads_logits for part in active):
            with torch.no_grad():
                batch = replace(batch, logits=self.classify(batch.features))
        for part in active:
            changed = part(batch)
            if changed is None:
                continue
            if changed.changed is not None:
                changes[part.name] = changed.changed
            if part.adds_loss:
                copies[part.name] = changed
            else:
                batch = changed
        return batch, copies, changes

    def classify_variants(self, variants: Sequence[CategoryBatch]) -> Sequence[Tensor]:
        """Logits of the batch and of its changed copies, each (B, C).

        Where no part reads an entry, a subclass may leave its logit at 0.
        """
        features = list({id(v.features): v.features for v in variants}.values())
        logits = self.classify(torch.cat(features)).split([len(part) for part in features])
        place = {id(part): index for index, part in enumerate(features)}
        return [logits[place[id(variant.features)]] for variant in variants]

    def _scalars(self, feats: Any, changes: dict[str, Tensor]) -> dict[str, Tensor]:
        logged: dict[str, Tensor] = {}
        for part in self._active():
            for key, value in part.scalars().items():
                logged[f'{part.name}_{key}' if key in logged else key] = value
        for name, changed in changes.items():
            logged[f'{name}_changed'] = changed.sum() / len(changed)
        attention = getattr(feats, 'attention', None)
        if self.diagnostics and attention is not None:
            logged['attention_max'] = attention.amax((-2, -1)).mean()
            logged['attention_uniform'] = attention.new_full((), 1 / attention[0, 0].numel())
        if self.diagnostics:
            logged['base_rate_entropy'] = self.base_rate_entropy
        return logged

    def _get_predictions(self, cls_score: Tensor, data_samples: Any) -> list[DataSample]:
        """As MMPretrain's, with the logits beside the probabilities, which saturate at 1."""
        predictions = super()._get_predictions(cls_score, data_samples)
        for sample, logit in zip(predictions, cls_score, strict=True):
            sample.set_field(logit, 'pred_logit', dtype=Tensor)
        return predictions

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        super()._load_from_state_dict(state_dict, prefix, *args)
        bias = self.category_bias()
        names = [name for name, parameter in self.named_parameters() if parameter is bias]
        self._bias_is_loaded |= any(f'{prefix}{name}' in state_dict for name in names)


def _build_loss(config: dict | None) -> PartialLabelLoss:
    loss = build_part('loss', config or dict(type='PartialBCELoss'))
    if not isinstance(loss, PartialLabelLoss):
        raise TypeError(
            f'{type(loss).__name__} reads unknown labels (-1) as targets. Use PartialBCELoss or '
            'another loss derived from PartialLabelLoss'
        )
    return loss
