"""Thresholds of all categories, with a shared one where a category's own labels are too few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsrb_mm.completion.shared_thresholds import fit_shared
from dsrb_mm.completion.thresholds import (
    Threshold,
    TrustRule,
    absent_candidates,
    choose_pair,
    present_candidates,
)
from dsrb_mm.evaluation.average_precision import check_labels, check_scores

NONE, OWN, SHARED = 'none', 'own', 'shared'
SCOPES = ('auto', 'own', 'shared')
_NO_PRESENT, _NO_ABSENT = Threshold(np.inf, 0, 0), Threshold(-np.inf, 0, 0)


@dataclass(frozen=True)
class CategoryThresholds:
    """What :func:`fit_thresholds` found, one entry a category.

    Attributes:
        present: Threshold from which a category counts as present.
        absent: Threshold up to which it counts as absent.
        present_source: ``'own'`` (chosen on the category's labels), ``'shared'`` or ``'none'``.
        absent_source: Likewise.
    """

    present: tuple[Threshold, ...]
    absent: tuple[Threshold, ...]
    present_source: tuple[str, ...]
    absent_source: tuple[str, ...]

    @classmethod
    def nothing(cls, num_classes: int) -> CategoryThresholds:
        """Thresholds that decide nothing."""
        none = (NONE,) * num_classes
        return cls((_NO_PRESENT,) * num_classes, (_NO_ABSENT,) * num_classes, none, none)

    def decide(self, scores: NDArray) -> NDArray:
        """Decide every entry: 1 present, 0 absent, -1 left open.

        Where a shared threshold contradicts the category's own, its own counts.

        Shape:
            scores (N, C) -> (N, C) int8.

        Raises:
            ValueError: Another number of categories.
        """
        if scores.ndim != 2 or scores.shape[1] != len(self.present):
            raise ValueError(
                f'expected scores to be (N, {len(self.present)}), but got {scores.shape}'
            )
        present = scores >= values(self.present)
        absent = scores <= values(self.absent)
        own_absent = np.array(self.absent_source) == OWN
        decided = np.full(scores.shape, -1, np.int8)
        decided[absent] = 0
        decided[present & ~(absent & own_absent)] = 1
        return decided


def fit_thresholds(
    scores: NDArray, labels: NDArray, rule: TrustRule, scope: str = 'auto'
) -> CategoryThresholds:
    """Choose for each category the scores from and up to which a decision is trusted.

    First every category by its own held-out labels. Those for which no threshold is trusted, mostly
    because their labels are too few, then share one, chosen on their labels together that no
    threshold of their own decides: the kind of entry it will decide. It is trusted for these
    categories together, not for each; a category whose own labels refute it stays open
    (:func:`fit_shared`). So does a category without any held-out label, or with present ones alone,
    which every threshold fits.

    Args:
        scores: Scores of held-out images, comparable between categories (probabilities).
        labels: Their labels, 1, 0, or -1 where not known.
        rule: What a threshold must satisfy.
        scope: ``'auto'`` as said, ``'own'`` without the shared thresholds, ``'shared'`` with these
            alone.

    Shape:
        scores, labels (N, C).

    Raises:
        ValueError: Wrong shapes or values.
    """
    _check(scores, labels, scope)
    labels = np.where((labels == 0).any(0), labels, -1)
    num_classes = scores.shape[1]
    nothing = CategoryThresholds.nothing(num_classes)
    present, absent = list(nothing.present), list(nothing.absent)
    if scope != 'shared':
        for c in range(num_classes):
            known = labels[:, c] >= 0
            column = scores[known, c], labels[known, c]
            present[c], absent[c] = choose_pair(
                present_candidates(*column, rule), absent_candidates(*column, rule)
            )
    sources = [[NONE if np.isinf(t.value) else OWN for t in side] for side in (present, absent)]
    if scope != 'own':
        _share(scores, labels, rule, (present, absent), sources)
    return CategoryThresholds(tuple(present), tuple(absent), tuple(sources[0]), tuple(sources[1]))


def values(thresholds: tuple[Threshold, ...] | list[Threshold]) -> NDArray:
    """The scores of thresholds, (C,)."""
    return np.array([threshold.value for threshold in thresholds])


def _check(scores: NDArray, labels: NDArray, scope: str) -> None:
    if scope not in SCOPES:
        raise ValueError(f'expected scope to be one of {SCOPES}, but got {scope!r}')
    if scores.ndim != 2 or scores.shape != labels.shape:
        raise ValueError(
            'expected held-out scores and labels to be of one shape (N, C), but got '
            f'{scores.shape} and {labels.shape}'
        )
    check_scores(scores)
    check_labels(labels)


def _share(
    scores: NDArray,
    labels: NDArray,
    rule: TrustRule,
    sides: tuple[list[Threshold], list[Threshold]],
    sources: list[list[str]],
) -> None:
    """Fill in shared thresholds where a category has none of its own; changes the lists."""
    undecided = labels >= 0
    undecided &= (scores < values(sides[0])) & (scores > values(sides[1]))
    groups = [(np.array(source) == NONE) & (labels >= 0).any(0) for source in sources]
    shared = fit_shared(scores, np.where(undecided, labels, -1), (groups[0], groups[1]), rule)
    for side, source, (threshold, members) in zip(sides, sources, shared, strict=True):
        for c in np.flatnonzero(members):
            side[c], source[c] = threshold, SHARED
