"""One pair of thresholds for several categories, whose own held-out labels are too few."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsrb_mm.completion.thresholds import Candidates, Threshold, TrustRule, choose_pair

_TRIED = 1024  # thresholds


class SharedThreshold(NamedTuple):
    """A threshold and the categories that it holds for, (C,) bool."""

    threshold: Threshold
    members: NDArray


class _Side(NamedTuple):
    """Candidates of one direction, and for each of them its categories (K + 1, C)."""

    candidates: Candidates
    members: NDArray


def fit_shared(
    scores: NDArray,
    labels: NDArray,
    groups: tuple[NDArray, NDArray],
    rule: TrustRule,
) -> tuple[SharedThreshold, SharedThreshold]:
    """The thresholds for "present" and "absent" that decide most held-out labels.

    A threshold must satisfy the rule on the labels of its categories together. A category whose
    own labels refute it (the rule's interval lies on the wrong side altogether) is none of them:
    one category that the model is wrongly sure of must not spoil it for all. At most 1,024
    thresholds are tried, close together at the strict end.

    Args:
        scores: Scores of held-out images.
        labels: Their labels; only known ones that are to be decided by these thresholds, else -1.
        groups: Categories that need a threshold for "present", and for "absent".
        rule: What must be satisfied.

    Shape:
        scores, labels (N, C); groups (C,) bool each.
    """
    present = labels == 1
    above = _side(scores, present, (labels >= 0) & groups[0], rule)
    below = _side(-scores, labels == 0, (labels >= 0) & groups[1], rule, present)
    mirrored = below.candidates._replace(value=-below.candidates.value)
    chosen = choose_pair(above.candidates, mirrored)
    result = []
    for side, values, threshold, group in (
        (above, above.candidates.value, chosen[0], groups[0]),
        (below, mirrored.value, chosen[1], groups[1]),
    ):
        members = side.members[np.flatnonzero(values == threshold.value)[0]] & group
        result.append(SharedThreshold(threshold, members))
    return result[0], result[1]


def _side(
    scores: NDArray,
    right: NDArray,
    used: NDArray,
    rule: TrustRule,
    present: NDArray | None = None,
) -> _Side:
    """Trusted thresholds of "decide if score >= s"; with ``present``, "absent" is decided."""
    tried = _thresholds(scores[used])
    support, correct = _count(scores, used, tried), _count(scores, used & right, tried)
    members = ~rule.refuted(correct, support)
    if present is not None:
        there = (used & present).sum(0)
        members &= ~rule.misses(support - correct, np.broadcast_to(there, support.shape))
    total, hits = (support * members).sum(1), (correct * members).sum(1)
    good = rule.trusted(hits, total)
    if present is not None:
        good &= rule.keeps(total - hits, (there * members).sum(1))
    # A looser threshold that lost so many categories that it decides no more is of no use.
    good[good] = np.diff(np.maximum.accumulate(total[good]), prepend=0) > 0
    candidates = Candidates(
        np.append(np.inf, tried[good]), np.append(0, total[good]), np.append(0, hits[good])
    )
    nobody = np.zeros((1, scores.shape[1]), bool)
    return _Side(candidates, np.concatenate([nobody, members[good]]))


def _thresholds(scores: NDArray) -> NDArray:
    """Distinct scores, highest first; of many, a choice that thins out towards the low end."""
    distinct = np.unique(scores)[::-1]
    if len(distinct) <= _TRIED:
        return distinct
    return distinct[np.unique(np.geomspace(1, len(distinct), _TRIED).astype(int)) - 1]


def _count(scores: NDArray, chosen: NDArray, thresholds: NDArray) -> NDArray:
    """How many chosen entries of each category reach each threshold, (K, C)."""
    counts = np.zeros((len(thresholds), scores.shape[1]), int)
    for c in range(scores.shape[1]):
        column = np.sort(scores[chosen[:, c], c])
        counts[:, c] = len(column) - np.searchsorted(column, thresholds, side='left')
    return counts
