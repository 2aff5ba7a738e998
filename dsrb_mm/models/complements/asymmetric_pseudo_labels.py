"""Asymmetric pseudo-labelling: soft labels for the entries that score lowest."""

from __future__ import annotations

from dataclasses import replace

import torch
from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_number
from dsrb_mm.models.label_bank import LabelBank, gather_rows
from dsrb_mm.models.method_part import TrainingProgress

from .complement import CategoryBatch, Complement


@MODELS.register_module()
class AsymmetricPseudoLabels(Complement):
    """APL, for :class:`EntropyMaximizationLoss`: unknown entries with the lowest scores get labels.

    Reference: Zhou et al., ECCV 2022 (arXiv 2203.16219). At each epoch after ``begin``, and for
        each category, the unlabelled unknown entries with the lowest scores are labelled with their
        present probability, as many as bring the labelled share to ``negative_proportion`` by the
        end of training. They count with weight ``beta``; the others stay unknown. Published: beta
        0.02 on VOC, 0.9 on COCO, 0.2 on NUS, 0.4 on CUB; ``negative_proportion`` 0.9; warm-up of 5,
        5, 4 and 3 epochs of 10.

    Args:
        beta: Weight of the soft labels.
        negative_proportion: Share of the unknown entries that are labelled in the end.
        begin: Epoch of the first labels.
        name: See :class:`Complement`.

    Raises:
        ValueError: A number out of range.

    Example:
        >>> labels = AsymmetricPseudoLabels(beta=0.02, begin=5)
    """

    name = 'apl'
    adds_loss = False
    changes_features = False

    def __init__(
        self,
        beta: float = 0.02,
        negative_proportion: float = 0.9,
        begin: float = 5,
        name: str | None = None,
    ) -> None:
        super().__init__(begin, name)
        self.beta = check_number('beta', beta, 0)
        self.negative_proportion = check_number('negative_proportion', negative_proportion, 0, 1)
        self.labels = LabelBank(start=-1)
        self._observed: list[tuple[Tensor, Tensor]] = []
        self._share = 0.0  # of the unknown entries, to be labelled after this round

    def pass_is_due(self, progress: TrainingProgress) -> bool:
        """At every epoch from ``begin`` on."""
        return progress.is_due(self.begin, 1)

    def start_pass(self, progress: TrainingProgress) -> None:
        """Forget the scores of the last round, and see how many labels this one shall reach."""
        rounds = max(1.0, progress.max_iterations / progress.epoch_length - self.begin)
        done = min(1.0, (progress.epoch - self.begin + 1) / rounds)
        self._share = self.negative_proportion * done
        self._observed = []

    def observe(self, batch: CategoryBatch) -> None:
        """Note the probabilities of unknown entries."""
        if batch.indices is None or batch.logits is None:
            raise RuntimeError(
                'AsymmetricPseudoLabels needs the index and the logits of every sample'
            )
        scores = batch.logits.float().sigmoid().masked_fill(batch.target != -1, torch.inf)
        self._observed.append((batch.indices, scores))

    def finish_pass(self) -> str:
        """Label the entries that score lowest, category by category."""
        indices = torch.cat([index for index, _ in self._observed])
        indices, scores = gather_rows(indices, torch.cat([row for _, row in self._observed]))
        self._observed = []
        labels = self.labels.read(indices)
        # What is missing to the share, so that rounding does not add up over the rounds.
        wanted = (scores.isfinite().sum(0).double() * self._share).round()
        number = wanted - (labels >= 0).sum(0)
        candidates = scores.masked_fill(labels >= 0, torch.inf)
        rank = candidates.argsort(0).argsort(0)
        chosen = (rank < number) & candidates.isfinite()
        self.labels.fill(indices, torch.where(chosen, scores, labels))
        return f'apl: {int((labels >= 0).sum() + chosen.sum())} soft labels'

    def forward(self, batch: CategoryBatch) -> CategoryBatch:
        """Add the soft labels."""
        added = self.labels.read(batch.indices).to(batch.target)
        changed = (batch.target == -1) & (added >= 0)
        weight = torch.ones_like(batch.target) if batch.weight is None else batch.weight
        return replace(
            batch,
            target=torch.where(changed, added, batch.target),
            weight=torch.where(changed, self.beta * weight, weight),
            changed=changed,
        )
