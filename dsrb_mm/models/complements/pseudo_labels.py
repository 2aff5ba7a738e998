"""Pseudo-labels of both signs from the model's own predictions, with or without a second view."""

from __future__ import annotations

from dataclasses import replace

import torch
from mmpretrain.registry import MODELS

from dsrb_mm.arguments import check_flag, check_number

from .complement import CategoryBatch, Complement


@MODELS.register_module()
class PseudoLabels(Complement):
    """Labels unknown entries of which the model is sure, present or absent.

    Consistency regularisation of SR (Wang et al., ICCV 2023): an unknown entry with a probability
    ``p >= threshold`` in the first view is labelled present, one with ``1 - p >= threshold``
    absent, and the second view of the image is trained on these labels alone. Published with
    threshold 0.6 and a strongly augmented second view. Without a second view, the image itself is
    trained on them.

    Args:
        threshold: Probability from which a prediction becomes a label, above 0.5.
        second_view: Whether to train a second view, which ``MultiView`` in the pipeline and
            ``ViewsDataPreprocessor`` supply.
        weight: Weight of these labels in the loss.
        begin: Epoch from which pseudo-labels are used.
        name: See :class:`Complement`.

    Raises:
        ValueError: ``threshold`` out of range, or a batch without the second view.

    Example:
        >>> labels = PseudoLabels(threshold=0.6)
        >>> batch = CategoryBatch(torch.zeros(1, 3, 1), torch.tensor([[1.0, -1.0, -1.0]]))
        >>> labels(replace(batch, logits=torch.tensor([[0.0, 2.0, 0.1]]))).target
        tensor([[-1.,  1., -1.]])
    """

    name = 'pseudo'
    reads_logits = True

    def __init__(
        self,
        threshold: float = 0.6,
        second_view: bool = False,
        weight: float = 1.0,
        begin: float = 0,
        name: str | None = None,
    ) -> None:
        super().__init__(begin, name)
        self.threshold = check_number('threshold', threshold, 0.5, 1)
        self.needs_second_view = check_flag('second_view', second_view)
        self.changes_features = second_view
        self.weight = check_number('weight', weight, 0)

    def forward(self, batch: CategoryBatch) -> CategoryBatch:
        """Label what the model is sure of."""
        assert batch.logits is not None
        features = batch.features
        if self.needs_second_view:
            if batch.second is None:
                raise ValueError(
                    'PseudoLabels(second_view=True) needs a second view of every image: use '
                    'MultiView in the training pipeline and ViewsDataPreprocessor'
                )
            features = batch.second
        probability = batch.logits.sigmoid()
        unknown = batch.target == -1
        present = unknown & (probability >= self.threshold)
        absent = unknown & (1 - probability >= self.threshold)
        target = torch.full_like(batch.target, -1).masked_fill(present, 1).masked_fill(absent, 0)
        changed = present | absent
        # The others count nowhere, not even in a loss that reads unknown entries.
        weight = self.weight * changed.to(batch.target)
        return replace(batch, features=features, target=target, changed=changed, weight=weight)
