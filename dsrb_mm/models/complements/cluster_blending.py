"""Prototype-level representation blending, PLRB of SARB (arXiv 2203.02172)."""

from __future__ import annotations

import torch
from mmpretrain.registry import MODELS
from torch import Tensor

from .bank_blending import BankBlending
from .cluster_bank import ClusterBank


@MODELS.register_module()
class ClusterBlending(BankBlending):
    """Blends k-means prototypes into randomly chosen unknown categories of each image.

    Reference: SARB, Pu et al., AAAI 2022 (arXiv 2203.02172). One unknown category c of each image
    is drawn, and one of the k-means prototypes of c, both uniformly::

        S''_c = beta S_c + (1 - beta) prototype(c, k)      target 1 - beta

    Published: beta starts at 0.5 and is learnt; 10 prototypes per category, from epoch 5,
    computed again every 5 epochs; together with ``InstanceBlending`` (ILRB), which is the same as
    in DSRB, and a contrastive loss of weight 0.05. The published code overwrites the first category
    of an image without unknown labels; here such an image is left as it is.

    Args:
        beta: Start value of beta in [0, 1].
        learnable: Whether beta is trained.
        num_blended: Categories blended in an image.
        num_prototypes: See :class:`ClusterBank`.
        max_per_category: See :class:`ClusterBank`.
        begin: Epoch from which images are blended.
        interval: Epochs between two computations of the prototypes.
        name: See :class:`Complement`.

    Raises:
        ValueError: A number out of range.
        TypeError: An argument of a wrong type.

    Example:
        >>> blending = ClusterBlending(beta=0.5, learnable=False, begin=3, interval=3)
    """

    name = 'plrb'
    in_whole_epochs = ('interval',)

    def __init__(
        self,
        beta: float = 0.5,
        learnable: bool = True,
        num_blended: int = 1,
        num_prototypes: int = 10,
        max_per_category: int | None = 1000,
        begin: float = 5,
        interval: float = 5,
        name: str | None = None,
    ) -> None:
        bank = ClusterBank(num_prototypes, max_per_category, begin, interval)
        super().__init__(bank, beta, learnable, num_blended, begin, name)

    def draw(self, category: Tensor, location: Tensor | None) -> Tensor:
        """Draw one of the prototypes that each category has."""
        number = (self.bank.counts > 0).sum(-1)[category]
        return (torch.rand(category.shape, device=category.device) * number).long()
