"""Prototypes of every category by k-means (references: SARB, arXiv 2203.02172; HST, 2205.11131)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import torch
from mmengine.dist import broadcast, is_main_process
from mmpretrain.registry import MODELS
from torch import Tensor

from dsrb_mm.arguments import check_int, check_number
from dsrb_mm.models.label_bank import gather_rows
from dsrb_mm.models.method_part import TrainingProgress

from .category_bank import CategoryBank

if TYPE_CHECKING:
    from .complement import CategoryBatch


@MODELS.register_module()
class ClusterBank(CategoryBank):
    """Centres of k-means clusters of the category features of known positives.

    The training set is passed through the model at epoch ``begin`` and every ``interval`` epochs
    after it; the bank is empty before. A category with fewer known positives than prototypes has
    one prototype for each of them, a category without any has none. Filled entries stand first.
    Published: 10 prototypes, from epoch 5, every 5 epochs.

    Args:
        num_prototypes: Prototypes K per category.
        max_per_category: At most so many known positives of a category are clustered, a random
            choice, on each process; None takes all. It bounds the memory: 1,000 features of 1,024
            channels are 4 MB per category.
        begin: Epoch of the first pass.
        interval: Epochs between two passes.

    Raises:
        ValueError: A number out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> bank = ClusterBank(num_prototypes=2)
        >>> bank.start_pass(TrainingProgress(0, 1, 1))
        >>> features = torch.tensor([[[0.0]], [[0.0]], [[3.0]]])
        >>> bank.observe(CategoryBatch(features, torch.ones(3, 1)))
        >>> bank.finish_pass()
        'k-means prototypes from 3 known positives; 0 of 1 categories have none'
        >>> bank.prototypes.flatten().sort().values
        tensor([0., 3.])
    """

    def __init__(
        self,
        num_prototypes: int = 10,
        max_per_category: int | None = 1000,
        begin: float = 5,
        interval: float = 5,
    ) -> None:
        super().__init__(check_int('num_prototypes', num_prototypes, 1))
        if max_per_category is not None:
            check_int('max_per_category', max_per_category, 1)
        self.max_per_category = max_per_category
        self.begin = check_number('begin', begin, 0)
        self.interval = check_number('interval', interval, 0.01)
        self._members: list[tuple[Tensor, Tensor]] = []
        self._taken: Tensor | None = None

    def pass_is_due(self, progress: TrainingProgress) -> bool:
        """At epoch ``begin`` and every ``interval`` epochs after it."""
        return progress.is_due(self.begin, self.interval)

    def start_pass(self, progress: TrainingProgress) -> None:
        """Start collecting anew."""
        self._members, self._taken = [], None

    @torch.no_grad()
    def observe(self, batch: CategoryBatch) -> None:
        """Collect the features of known positives."""
        member = batch.target == 1
        if self._taken is None:
            self._taken = torch.zeros_like(member[0], dtype=torch.long)
        if self.max_per_category is not None:
            member &= member.cumsum(0) + self._taken <= self.max_per_category
        self._taken += member.sum(0)
        categories = member.nonzero()[:, 1]
        # On the host: what is collected may be larger than the memory of the device.
        self._members.append((categories.cpu(), batch.features[member].float().cpu()))

    @torch.no_grad()
    def finish_pass(self) -> str:
        """Cluster what was collected, category by category, in the main process for all."""
        if self._taken is None:
            return 'no images for k-means prototypes'
        categories, features = gather_rows(
            torch.cat([category for category, _ in self._members]),
            torch.cat([feature for _, feature in self._members]),
        )
        # Features that are not finite have no cluster; whoever runs the pass names their images.
        finite = features.isfinite().all(1)
        categories, features = categories[finite], features[finite]
        num_classes, device = len(self._taken), self.prototypes.device
        prototypes = self.prototypes.new_zeros(num_classes, self.size, features.shape[1])
        counts = self.counts.new_zeros(num_classes, self.size)
        if is_main_process():
            for category in categories.unique().tolist():
                centres, sizes = k_means(features[categories == category], self.size)
                prototypes[category, : len(centres)] = centres.to(prototypes)
                counts[category, : len(sizes)] = sizes.to(device)
        broadcast(prototypes)
        broadcast(counts)
        self.prototypes, self.counts = prototypes, counts
        self._members, self._taken = [], None
        return (
            f'k-means prototypes from {len(features)} known positives; '
            f'{int((~self.available).sum())} of {num_classes} categories have none'
        )


def k_means(rows: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Centres and sizes of k-means clusters; one k-means++ start, the same at every call.

    Args:
        rows: What to cluster, at least one row.
        number: Number of clusters. Fewer are returned where there are fewer different rows.

    Shape:
        (N, D) -> (K, D) float64, (K,) with K <= ``number``.
    """
    # Imported here: scikit-learn takes a second, and most methods do without it.
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter('ignore', ConvergenceWarning)  # fewer different rows than clusters
        # float64: the sums of several threads depend on their order.
        found = KMeans(min(number, len(rows)), n_init=1, random_state=0).fit(rows.double().numpy())
    centres = torch.from_numpy(found.cluster_centers_)
    sizes = torch.bincount(torch.from_numpy(found.labels_).long(), minlength=len(centres))
    return centres[sizes > 0], sizes[sizes > 0]
