"""Curriculum labelling: labels are added in rounds, the surest first."""

from __future__ import annotations

from dataclasses import replace

import torch
from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_flag, check_number
from dsrb_mm.models.label_bank import LabelBank, gather_rows
from dsrb_mm.models.method_part import TrainingProgress

from .complement import CategoryBatch, Complement


@MODELS.register_module()
class CurriculumLabels(Complement):
    """Adds labels of which the model is sure to the known ones, chosen anew in every round.

    Reference: Durand et al., CVPR 2019 (arXiv 1902.09720). At epoch ``begin`` and every
        ``interval`` epochs the training set is scored. Unknown entries with ``|logit| >=
        threshold``, or the share ``proportion`` of them with the largest ``|logit|``, become known
        with the label ``logit > 0``; labels of earlier rounds are dropped. Published code:
        threshold 2, three rounds of 10, 5 and 5 epochs.

    Args:
        threshold: Absolute logit from which an entry is labelled.
        proportion: Share of the unknown entries to label instead, in (0, 1].
        positives_only: Whether only present labels are added.
        begin: Epoch of the first scoring.
        interval: Epochs between two scorings.
        name: See :class:`Complement`.

    Raises:
        ValueError: A number out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> labels = CurriculumLabels(threshold=2, begin=10, interval=5)
    """

    name = 'curriculum'
    in_whole_epochs = ('interval',)
    adds_loss = False
    changes_features = False

    def __init__(
        self,
        threshold: float = 2.0,
        proportion: float | None = None,
        positives_only: bool = False,
        begin: float = 10,
        interval: float = 5,
        name: str | None = None,
    ) -> None:
        super().__init__(begin, name)
        self.threshold = check_number('threshold', threshold, 0)
        if proportion is not None and not check_number('proportion', proportion, 0, 1) > 0:
            raise ValueError(f'expected proportion to lie in (0, 1], but got {proportion!r}')
        self.proportion = proportion
        self.positives_only = check_flag('positives_only', positives_only)
        self.interval = check_number('interval', interval, 0.01)
        self.labels = LabelBank(start=-1)
        self._observed: list[tuple[Tensor, Tensor]] = []

    def pass_is_due(self, progress: TrainingProgress) -> bool:
        """At epoch ``begin`` and every ``interval`` epochs after it."""
        return progress.is_due(self.begin, self.interval)

    def start_pass(self, progress: TrainingProgress) -> None:
        """Forget the labels of the last round."""
        self._observed = []

    def observe(self, batch: CategoryBatch) -> None:
        """Note the logits of unknown entries."""
        if batch.indices is None or batch.logits is None:
            raise RuntimeError('CurriculumLabels needs the index and the logits of every sample')
        logits = batch.logits.float().masked_fill(batch.target != -1, torch.nan)
        self._observed.append((batch.indices, logits))

    def finish_pass(self) -> str:
        """Choose the labels of the next round."""
        indices = torch.cat([index for index, _ in self._observed])
        indices, logits = gather_rows(indices, torch.cat([row for _, row in self._observed]))
        self._observed = []
        certainty = torch.where(
            (logits > 0) | (not self.positives_only), logits.abs(), -torch.inf
        ).nan_to_num(-torch.inf, posinf=torch.inf, neginf=-torch.inf)
        threshold = self.threshold
        if self.proportion is not None:
            number = max(1, round(self.proportion * int((~logits.isnan()).sum())))
            threshold = float(certainty.flatten().topk(min(number, certainty.numel())).values[-1])
        chosen = (certainty >= threshold) & certainty.isfinite()
        labels = torch.full_like(logits, -1).where(~chosen, (logits > 0).to(logits.dtype))
        self.labels.fill(indices, labels)
        return f'curriculum: {int((labels == 1).sum())} present, {int((labels == 0).sum())} absent'

    def forward(self, batch: CategoryBatch) -> CategoryBatch:
        """Add the labels of this round."""
        added = self.labels.read(batch.indices).to(batch.target)
        changed = (batch.target == -1) & (added >= 0)
        return replace(batch, target=torch.where(changed, added, batch.target), changed=changed)
