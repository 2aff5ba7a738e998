"""Cross-image semantic transfer of SST and HST: what resembles other images of a category."""

from __future__ import annotations

from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_number
from dsrb_mm.models.part_building import build_part

from .category_bank import CategoryBank
from .complement import CategoryBatch
from .semantic_transfer import SemanticTransfer


@MODELS.register_module()
class CrossImageTransfer(SemanticTransfer):
    """Labels unknown categories whose feature resembles those of known positives.

    References: SST, Chen et al., AAAI 2022 (arXiv 2112.10941), and HST, IJCV 2024 (arXiv
    2205.11131). The score of category c is the mean cosine of the image's feature of c with the
    entries of c in a bank. Unknown labels with a score strictly above the threshold are taken to
    be present; a category without entries is never added.

    The added loss term covers the known labels and the added ones, as in the paper's objective.
    Published, SST: ``bank=dict(type='FeatureQueue', size=100)``,
    ``threshold=dict(type='FallingThreshold')``. HST: ``bank=dict(type='ClusterBank')``,
    ``threshold=dict(type='LearnedThreshold')`` and ``contrast_weight=0.05``; labels from epoch 5 on
    in both.

    HST's contrast with the prototypes is the mean of ``1 - y cosine`` over known labels and
    prototypes, y = 1 for present and -1 for absent. The published code has ``1 + y cosine``, which
    pushes positives away from the prototypes of their category.

    Args:
        bank: Config of a :class:`CategoryBank`; None for :class:`FeatureQueue`.
        threshold: See :class:`SemanticTransfer`.
        contrast_weight: Weight of the contrast with the bank's entries; 0 leaves it out.
        begin: See :class:`SemanticTransfer`.
        name: See :class:`Complement`.

    Raises:
        ValueError: A number out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> transfer = CrossImageTransfer(bank=dict(type='FeatureQueue', size=100))
        >>> transfer(CategoryBatch(torch.randn(2, 3, 8), torch.full((2, 3), -1.0)))  # no bank yet
    """

    name = 'cross'

    def __init__(
        self,
        bank: dict | None = None,
        threshold: dict | None = None,
        contrast_weight: float = 0.0,
        begin: float = 5,
        name: str | None = None,
    ) -> None:
        super().__init__(threshold, begin, name)
        self.bank = build_part('bank', bank or dict(type='FeatureQueue'), CategoryBank)
        self.contrast_weight = check_number('contrast_weight', contrast_weight, 0)

    def build_layers(self, num_classes: int, channels: int) -> None:
        """Let the bank make room."""
        self.bank.build_layers(num_classes, channels)

    def score(self, batch: CategoryBatch) -> Tensor | None:
        """Mean cosine with the bank's entries; None while the bank is empty."""
        return None if self.bank.is_empty else self.bank.similarity(batch.features)

    def extra_losses(self, batch: CategoryBatch) -> dict[str, Tensor]:
        """The loss of the threshold and the contrast with the entries."""
        losses = super().extra_losses(batch)
        if self.contrast_weight and not self.bank.is_empty:
            losses[f'loss_{self.name}_contrast'] = self._contrast(batch)
        # After the batch was scored: no image is compared with itself.
        self.bank.see_batch(batch)
        return losses

    def _contrast(self, batch: CategoryBatch) -> Tensor:
        # The cosine is a mean over the prototypes, and the loss is linear in it.
        cosine = self.bank.similarity(batch.features)
        counts = (batch.target >= 0) & self.bank.available
        losses = (1 - (2 * batch.target - 1) * cosine) * counts
        return self.contrast_weight * losses.sum() / counts.sum().clamp(min=1)
