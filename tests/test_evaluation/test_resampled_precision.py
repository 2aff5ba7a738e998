"""Resamples by weights give the mAP of the images written out."""

import numpy as np
import pytest

from dsrb_mm.evaluation.average_precision import average_precision
from dsrb_mm.evaluation.resampled_precision import ResampledPrecision, bootstrap_interval


def example(rng, levels):
    scores = rng.integers(0, levels, (40, 6)).astype(np.float32)  # with equal scores
    labels = rng.choice([1, 0, -1], (40, 6), p=[0.2, 0.5, 0.3])
    labels[:, 4] = 0  # without positives
    return scores, labels


@pytest.mark.parametrize('levels', [3, 1000])
def test_a_resample_is_the_map_of_its_images(levels):
    rng = np.random.default_rng(levels)
    scores, labels = example(rng, levels)
    precision = ResampledPrecision(scores, labels)
    for _ in range(20):
        images = rng.integers(40, size=40)
        expected = np.nanmean(average_precision(scores[images], labels[images])[0])
        found = precision.mean(np.bincount(images, minlength=40))
        assert found == pytest.approx(expected, abs=1e-12)


def test_without_positives_there_is_no_map():
    scores, labels = np.zeros((3, 2)), np.array([[0, -1], [0, 0], [0, 0]])
    assert np.isnan(ResampledPrecision(scores, labels).mean(np.ones(3)))
    labels[2, 0] = 1
    precision = ResampledPrecision(scores, labels)
    assert precision.mean(np.ones(3)) == pytest.approx(1 / 3)
    assert np.isnan(precision.mean(np.array([2, 1, 0])))


def test_shapes_are_checked():
    with pytest.raises(ValueError, match=r'one shape \(N, C\)'):
        ResampledPrecision(np.zeros((3, 2)), np.zeros((2, 2)))


def test_an_interval_lies_around_its_figure():
    resampled = np.random.default_rng(0).normal(7, 2, 10_000)
    low, high = bootstrap_interval(5.0, [*resampled, np.nan])
    assert (low, high) == pytest.approx((5 - 1.96 * 2, 5 + 1.96 * 2), abs=0.1)
    assert all(np.isnan(bootstrap_interval(5.0, [np.nan])))
