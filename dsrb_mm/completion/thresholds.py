"""From which score on a decision is trusted, chosen on labels the model was not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# A bound that equals its limit on paper must not fail by rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class TrustRule:
    """When a group of equal decisions on held-out labels counts as good enough.

    "Present" is trusted if enough of these decisions are right. "Absent" is nearly always right
    where categories are rare, whatever the model says, so that alone would mark almost everything
    absent; it must also not catch too many of the labels that are present.

    Shares are not taken as they stand: the lower end of their one-sided Wilson score interval
    counts, so few labels have to be better than many.

    Args:
        precision: P in [0.5, 1): the share of decisions that should be right, of "present" and of
            "absent" alike.
        max_missed: The largest share of present labels that may be marked absent, in (0, 1];
            1 switches this off. None: 1 - ``precision``.
        confidence: Of the intervals, in [0.5, 1). 0.5 takes shares as they stand.
        min_support: At least so many held-out labels must be decided, and for "absent" so many
            present ones must exist.

    Raises:
        ValueError: An argument out of range.
    """

    precision: float = 0.9
    max_missed: float | None = None
    confidence: float = 0.95
    min_support: int = 10

    def __post_init__(self) -> None:
        for name in ('precision', 'confidence'):
            value = getattr(self, name)
            if not 0.5 <= value < 1:
                raise ValueError(f'expected {name} to lie in [0.5, 1), but got {value!r}')
        if self.max_missed is not None and not 0 < self.max_missed <= 1:
            raise ValueError(f'expected max_missed to lie in (0, 1], but got {self.max_missed!r}')
        if self.min_support < 1:
            raise ValueError(f'expected min_support to be at least 1, but got {self.min_support!r}')

    @property
    def missed_limit(self) -> float:
        """``max_missed``, or what takes its place."""
        return 1 - self.precision if self.max_missed is None else self.max_missed

    @property
    def z(self) -> float:
        """Quantile of the standard normal distribution that belongs to the confidence."""
        return NormalDist().inv_cdf(self.confidence)

    def lower_bound(self, part: NDArray, total: NDArray) -> NDArray:
        """Lower end of the one-sided Wilson score interval of part / total; 0 where total is 0."""
        n = np.maximum(total, 1)
        rate = np.asarray(part) / n
        if self.confidence == 0.5:
            return rate
        z2 = self.z**2
        spread = np.sqrt(z2 * (rate * (1 - rate) + z2 / (4 * n)) / n)
        return np.where(total > 0, (rate + z2 / (2 * n) - spread) / (1 + z2 / n), 0).clip(0, 1)

    def trusted(self, correct: NDArray, support: NDArray) -> NDArray:
        """Whether decisions are right often enough, elementwise."""
        enough = self.lower_bound(correct, support) >= self.precision - _ROUNDING
        return (support >= self.min_support) & enough

    def keeps(self, missed: NDArray, present: NDArray) -> NDArray:
        """Whether few enough of the present labels are missed, elementwise."""
        if self.missed_limit == 1:
            return np.ones(np.shape(missed), bool)
        kept = self.lower_bound(present - missed, present)
        return (present >= self.min_support) & (kept >= 1 - self.missed_limit - _ROUNDING)

    def refuted(self, correct: NDArray, support: NDArray) -> NDArray:
        """Whether decisions are surely not right often enough (upper end of the interval)."""
        return self.lower_bound(support - correct, support) > 1 - self.precision + _ROUNDING

    def misses(self, missed: NDArray, present: NDArray) -> NDArray:
        """Whether surely too many of the present labels are missed (upper end)."""
        return self.lower_bound(missed, present) > self.missed_limit + _ROUNDING


class Threshold(NamedTuple):
    """A score from which (present) or up to which (absent) a label is decided.

    ``value`` is infinite where nothing is decided; ``support`` of the held-out labels it was chosen
    on fall under it, ``correct`` of them rightly.
    """

    value: float
    support: int
    correct: int


class Candidates(NamedTuple):
    """Thresholds a rule allows, from the strictest to the loosest; the first decides nothing."""

    value: NDArray
    support: NDArray
    correct: NDArray


def present_candidates(scores: NDArray, labels: NDArray, rule: TrustRule) -> Candidates:
    """Every score s for which "present if score >= s" is trusted, highest first.

    Args:
        scores: Scores of held-out labels.
        labels: These labels, 1 or 0.
        rule: The rule.

    Shape:
        scores, labels (N,); each field of the result (K + 1,), its first entry of support 0.
    """
    value, support, correct = _cumulate(scores, labels == 1, descending=True)
    good = rule.trusted(correct, support)
    return _with_nothing(np.inf, value[good], support[good], correct[good])


def absent_candidates(scores: NDArray, labels: NDArray, rule: TrustRule) -> Candidates:
    """Every score s for which "absent if score <= s" is trusted and misses little, lowest first.

    Args and Shape:
        As of :func:`present_candidates`.
    """
    value, support, correct = _cumulate(scores, labels == 0, descending=False)
    good = rule.trusted(correct, support)
    good &= rule.keeps(support - correct, np.full(support.shape, (labels == 1).sum()))
    return _with_nothing(-np.inf, value[good], support[good], correct[good])


def choose_pair(present: Candidates, absent: Candidates) -> tuple[Threshold, Threshold]:
    """The two thresholds that decide most held-out labels, and none of them both ways.

    Among pairs with (present from) > (absent up to), the one of largest support, and of these the
    one with most right. Where the loosest thresholds do not cross, that is the loosest of each.

    Args:
        present: From :func:`present_candidates`.
        absent: From :func:`absent_candidates`.
    """
    # For each present threshold, the loosest absent one below it (the first is -inf).
    partner = np.searchsorted(absent.value, present.value, side='left') - 1
    support = present.support + absent.support[partner]
    correct = present.correct + absent.correct[partner]
    best = np.lexsort((correct, support))[-1]
    return _pick(present, best), _pick(absent, partner[best])


def _cumulate(scores: NDArray, right: NDArray, descending: bool) -> tuple[NDArray, ...]:
    """Distinct scores in order, and how many labels each decides, and how many rightly."""
    order = np.argsort(-scores if descending else scores, kind='stable')
    ordered = scores[order]
    # Equal scores are decided alike: only the last of a run of them can be a threshold.
    last = np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)]
    return ordered[last], np.flatnonzero(last) + 1, np.cumsum(right[order])[last]


def _with_nothing(value: float, *columns: NDArray) -> Candidates:
    first = (value, 0, 0)
    return Candidates(*[np.append(a, b) for a, b in zip(first, columns, strict=True)])


def _pick(candidates: Candidates, index: int) -> Threshold:
    value, support, correct = (column[index] for column in candidates)
    return Threshold(float(value), int(support), int(correct))
