import numpy as np
import pytest

from dsrb_mm.completion import Completion, HeldOut, TrustRule, fit_thresholds, measure_tradeoff
from dsrb_mm.datasets.config_data import ConfigData

RULE = TrustRule(0.9)


def completion(seed=0, size=400):
    rng = np.random.default_rng(seed)
    truth = (rng.random((2 * size, 3)) < 0.4).astype(np.int8)
    scores = np.clip(0.5 * truth + rng.normal(0.25, 0.2, truth.shape), 0, 1)
    labels = np.where(rng.random(truth.shape) < 0.5, truth, np.int8(-1))[:size]
    paths = [f'{i}.jpg' for i in range(size)]
    train = ConfigData('train', None, paths, labels, truth[:size], ('a', 'b', 'c'), ())
    held_out = HeldOut(train, truth[size:], scores[size:], 0)
    thresholds = fit_thresholds(scores[size:], truth[size:], RULE)
    known = np.zeros(labels.shape, bool)
    return Completion(train, [], None, '', scores[:size], known, thresholds, held_out)


def test_each_row_is_what_that_precision_decides():
    result = completion()
    table = measure_tradeoff(result, RULE, precisions=(0.6, 0.8, 0.99))
    assert table.precision.tolist() == [0.6, 0.8, 0.9, 0.99]
    assert table.left_open[3] > table.left_open[2] and table.found[3] < table.found[0]
    row = table.iloc[2]
    unknown = result.train.labels == -1
    decided = result.decided
    assert row.filled_present == (unknown & (decided == 1)).sum()
    assert row.filled_absent + row.filled_present + row.left_open == unknown.sum()
    says = decided[unknown & (decided == 1)] == result.train.truth[unknown & (decided == 1)]
    assert row.precision_present == pytest.approx(says.mean())
    there = unknown & (result.train.truth == 1)
    assert row.found_hidden == pytest.approx((decided[there] == 1).mean())


def test_without_held_out_labels():
    result = completion()
    with pytest.raises(ValueError, match='with held-out labels'):
        measure_tradeoff(Completion(**{**vars(result), 'held_out': None}), RULE)
