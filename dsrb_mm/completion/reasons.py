"""Why a category got no decision: too few held-out labels, or a model that is not good enough."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dsrb_mm.completion.category_thresholds import NONE, CategoryThresholds
from dsrb_mm.completion.thresholds import TrustRule


def labels_needed(rule: TrustRule, share: float) -> int:
    """Fewest labels that can prove a share, if all of them speak for it.

    Args:
        rule: Gives the confidence, and the least support.
        share: What is to be proven, in [0, 1): the precision, or 1 - ``max_missed``.
    """
    # Of n right ones out of n, the lower bound is n / (n + z^2).
    return max(math.ceil(rule.z**2 * share / (1 - share) - 1e-9), 1, rule.min_support)


def explain_nothing(
    thresholds: CategoryThresholds,
    held_out: NDArray | None,
    unknown: NDArray,
    filled: NDArray,
    rule: TrustRule,
) -> tuple[list[str | None], list[str | None]]:
    """Say per category why nothing was marked present, and why nothing was marked absent.

    Args:
        thresholds: What was decided with.
        held_out: Known labels that thresholds were chosen on, or None.
        unknown: Whether an entry had to be filled in.
        filled: The completed labels.
        rule: What thresholds had to satisfy.

    Returns:
        Reasons for "present" and for "absent", one per category; None where something was filled
        in or nothing was missing.

    Shape:
        held_out (M, C) in {1, 0, -1}; unknown (N, C) bool; filled (N, C) in {1, 0, -1}.
    """
    columns = range(unknown.shape[1])
    labels = np.full((0, len(columns)), -1) if held_out is None else held_out
    there, gone = (labels == 1).sum(0), (labels == 0).sum(0)
    right = labels_needed(rule, rule.precision)
    # Where any number may be missed, no present label has to prove that few are.
    kept = 0 if rule.missed_limit == 1 else labels_needed(rule, 1 - rule.missed_limit)
    bad = f'never {rule.precision:.0%} right for sure'
    one_sided = (there > 0) & (gone == 0)
    present: list[str | None] = [
        'no absent label held out' if one_sided[c] else _too_few(there[c], 'present', right) or bad
        for c in columns
    ]
    absent: list[str | None] = [
        _too_few(gone[c], 'absent', right) or _too_few(there[c], 'present', kept) or bad
        for c in columns
    ]
    sides = (
        (present, thresholds.present_source, thresholds.present, 1, 'no score of {} or more'),
        (absent, thresholds.absent_source, thresholds.absent, 0, 'no score of {} or less'),
    )
    for reasons, sources, values, label, unreached in sides:
        for c in columns:
            if not unknown[:, c].any() or (unknown[:, c] & (filled[:, c] == label)).any():
                reasons[c] = None
            elif sources[c] != NONE:
                reasons[c] = unreached.format(f'{values[c].value:.3g}')
            elif held_out is None:
                reasons[c] = 'no held-out labels'
    return present, absent


def _too_few(found: int, kind: str, needed: int) -> str | None:
    return None if found >= needed else f'{found} {kind} labels, {needed} needed'
