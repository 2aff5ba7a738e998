"""Differences between methods, with bootstrap intervals over test images and seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from dsrb_mm.comparison.scores import RunScores
from dsrb_mm.evaluation.resampled_precision import ResampledPrecision, bootstrap_interval

RESAMPLES = 1000
_SEED = 0
AVERAGE = 'average'

# Method, mask and seed of a run.
RunKey = tuple[str, str, int]


@dataclass(frozen=True)
class Difference:
    """MAP of a method less that of the baseline, in percentage points.

    Attributes:
        method: The method.
        known: Name of the mask, or ``'average'`` over all of them.
        value: Mean over the seeds that both have.
        low: Lower end of the 95 % interval.
        high: Upper end.
        seeds: Number of these seeds; of an average, the lowest.
    """

    method: str
    known: str
    value: float
    low: float
    high: float
    seeds: int


def compare_to_baseline(
    scores: Mapping[RunKey, RunScores], baseline: str, resamples: int = RESAMPLES
) -> list[Difference]:
    """Differences of all methods to a baseline under each mask, and on average.

    Every resample draws as many test images as there are, and as many seeds, both with
    replacement. It draws the same ones for all methods and masks, since their runs are paired. The
    same scores always give the same intervals.

    Args:
        scores: Scores of the finished runs, by method, mask and seed.
        baseline: Method that the others are compared with.
        resamples: Number of resamples.

    Raises:
        ValueError: The runs were tested on different images.
    """
    maps = _resampled_maps(scores, resamples)
    methods = list(dict.fromkeys(method for method, _, _ in scores))
    masks = list(dict.fromkeys(known for _, known, _ in scores))
    found = []
    for method in methods:
        if method == baseline:
            continue
        parts = []
        for known in masks:
            pairs = _pairs(maps, method, baseline, known)
            if len(pairs):
                parts.append(_over_seeds(pairs))
                found.append(_difference(method, known, parts[-1], len(pairs)))
        if len(parts) == len(masks) > 1:
            fewest = min(one.seeds for one in found[-len(masks) :])
            found.append(_difference(method, AVERAGE, np.mean(parts, 0), fewest))
    return found


def _resampled_maps(scores: Mapping[RunKey, RunScores], resamples: int) -> dict[RunKey, NDArray]:
    """MAP of every run in percent: first of the images as they are, then of each resample."""
    first = next(iter(scores.values()), None)
    if first is None:
        return {}
    rng = np.random.default_rng(_SEED)
    number = len(first.labels)
    drawn = (rng.integers(number, size=number) for _ in range(resamples))
    draws = [np.ones(number), *(np.bincount(images, minlength=number) for images in drawn)]
    result = {}
    for key, run in track(scores.items(), 'intervals', transient=True):
        if not np.array_equal(run.labels, first.labels):
            raise ValueError(
                f'expected all runs to be tested on the same images and labels, but those of '
                f'{key[0]} ({key[1]}, seed {key[2]}) differ from the others'
            )
        precision = ResampledPrecision(run.chosen, run.labels)
        result[key] = 100 * np.array([precision.mean(draw) for draw in draws])
    return result


def _pairs(maps: Mapping[RunKey, NDArray], method: str, baseline: str, known: str) -> NDArray:
    """Differences of the seeds that both have, (seeds, 1 + resamples)."""
    seeds = sorted(seed for m, k, seed in maps if m == method and k == known)
    both = [seed for seed in seeds if (baseline, known, seed) in maps]
    return np.array([maps[method, known, s] - maps[baseline, known, s] for s in both])


def _over_seeds(pairs: NDArray) -> NDArray:
    """Mean over the seeds, and over those drawn in each resample, (1 + resamples,)."""
    seeds, columns = pairs.shape
    # The same draws under every mask with as many seeds.
    drawn = np.random.default_rng(_SEED).integers(seeds, size=(seeds, columns - 1))
    resampled = np.take_along_axis(pairs[:, 1:], drawn, 0).mean(0)
    return np.array([pairs[:, 0].mean(), *resampled])


def _difference(method: str, known: str, values: NDArray, seeds: int) -> Difference:
    value = float(values[0])
    return Difference(method, known, value, *bootstrap_interval(value, values[1:]), seeds)
