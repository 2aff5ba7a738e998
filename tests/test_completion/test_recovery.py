import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_score, recall_score

from dsrb_mm.completion import measure_recovery
from dsrb_mm.evaluation.average_precision import average_precision

CLASSES = ['a', 'b', 'c']


@pytest.fixture
def arrays():
    rng = np.random.default_rng(1)
    truth = (rng.random((80, 3)) < 0.4).astype(int)
    scores = np.clip(0.4 * truth + 0.6 * rng.random(truth.shape), 0, 1)
    labels = np.where(rng.random(truth.shape) < 0.5, truth, -1)
    decided = np.where(scores > 0.6, 1, np.where(scores < 0.3, 0, -1))
    return scores, labels, truth, decided


def test_against_sklearn(arrays):
    scores, labels, truth, decided = arrays
    overall, table = measure_recovery(*arrays, CLASSES)
    columns = [(c, table.iloc[c], labels[:, c] == -1) for c in range(3)]
    for c, row, hidden in columns:
        y, d = truth[hidden, c], decided[hidden, c]
        sure = d >= 0
        assert row.hidden == hidden.sum() and row.hidden_present == y.sum()
        assert row.coverage == pytest.approx(sure.mean())
        assert row.accuracy == pytest.approx((y == d)[sure].mean())
        assert row.precision_present == pytest.approx(precision_score(y == 1, d == 1))
        assert row.precision_absent == pytest.approx(precision_score(y == 0, d == 0))
        assert row.recall_present == pytest.approx(recall_score(y == 1, d == 1))
        assert row.recall_absent == pytest.approx(recall_score(y == 0, d == 0))
        assert row.missed_present == pytest.approx((d[y == 1] == 0).mean())
        raw = average_precision(scores[hidden], truth[hidden])[1][c]
        assert raw == pytest.approx(average_precision_score(y, scores[hidden, c]))
        assert raw - 1e-12 <= row.AP  # interpolated
    hidden = labels == -1
    assert overall['hidden'] == hidden.sum()
    assert overall['coverage'] == pytest.approx((decided[hidden] >= 0).mean())
    assert overall['mAP'] == pytest.approx(table.AP.mean())


def test_known_entries_do_not_matter(arrays):
    scores, labels, truth, decided = arrays
    changed = np.where(labels >= 0, 1 - labels, decided)
    assert measure_recovery(scores, labels, truth, changed, CLASSES)[0] == pytest.approx(
        measure_recovery(*arrays, CLASSES)[0]
    )


def test_nothing_hidden_and_nothing_decided(arrays):
    scores, labels, truth, decided = arrays
    assert measure_recovery(scores, truth, truth, decided, CLASSES) is None
    assert measure_recovery(scores, labels, labels, decided, CLASSES) is None
    overall, _ = measure_recovery(scores, labels, truth, np.full_like(decided, -1), CLASSES)
    assert overall['coverage'] == overall['recall_present'] == 0
    assert np.isnan(overall['precision_present'])
