import numpy as np
import pytest

from dsrb_mm.calibration import fit_calibration, image_keys
from dsrb_mm.report import Judged, build_figures, find_confusions, worst_mistakes

LABELS = np.array([[1, 0], [0, -1], [1, 1], [0, 0]])
PROBABILITIES = np.array([[0.1, 0.3], [0.9, 0.99], [0.2, 0.05], [0.6, 0.4]])
THRESHOLDS = np.array([0.5, 0.25])


def test_the_worst_come_first_and_unknown_labels_are_none():
    predicted = PROBABILITIES >= THRESHOLDS
    wrong, missed = worst_mistakes(PROBABILITIES, LABELS, predicted, THRESHOLDS, 10)
    # Distances in logits: 0.9 from 0.5 2.2, 0.4 from 0.25 0.7, 0.6 from 0.5 0.4, 0.3 from 0.25 0.3
    assert [(m.image, m.category) for m in wrong] == [(1, 0), (3, 1), (3, 0), (0, 1)]
    assert [(m.image, m.category) for m in missed] == [(0, 0), (2, 1), (2, 0)]
    wrong, missed = worst_mistakes(PROBABILITIES, LABELS, predicted, THRESHOLDS, 2, 1)
    assert [(m.image, m.category) for m in wrong] == [(1, 0), (3, 1)]
    assert [(m.image, m.category) for m in missed] == [(0, 0), (2, 1)]


def test_confusions_agree_with_loops():
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 2, (200, 4))
    predicted = rng.random((200, 4)) < 0.4
    # Category 1 is predicted wherever 0 is missed.
    predicted[:, 1] |= (labels[:, 0] == 1) & ~predicted[:, 0]
    found = find_confusions(labels, predicted, number=100, at_least=1)
    assert (found[0].present, found[0].predicted) == (0, 1)
    for pair in found:
        a, b = pair.present, pair.predicted
        missed = [i for i in range(200) if labels[i, a] == 1 and not predicted[i, a]]
        both = [i for i in missed if labels[i, b] == 0 and predicted[i, b]]
        absent = [i for i in range(200) if labels[i, b] == 0]
        rate = sum(predicted[i, b] for i in absent) / len(absent)
        assert pair.images == len(both)
        assert pair.expected == pytest.approx(rate * sum(labels[i, b] == 0 for i in missed))
        assert pair.images > pair.expected


def test_nothing_wrong_gives_nothing():
    labels = np.eye(3, dtype=int)
    assert find_confusions(labels, labels == 1) == []
    assert worst_mistakes(labels * 0.9, labels, labels == 1, np.full(3, 0.5), 5) == ([], [])


def test_a_mistake_names_the_threshold_that_decided_it(scored):
    logits, labels = scored
    paths = [f'/data/val/{i}.jpg' for i in range(len(labels))]
    for keys in (image_keys(paths), ()):  # cross-validated, and at the thresholds of the checkpoint
        calibration = fit_calibration(logits, labels, keys)
        judged = Judged.from_scores(tuple('abcde'), paths, labels, logits, calibration)
        found = build_figures(judged, resamples=2)['mistakes']
        assert found['missed'] and found['predicted']
        assert all(mistake['score'] < mistake['threshold'] for mistake in found['missed'])
        assert all(mistake['score'] >= mistake['threshold'] for mistake in found['predicted'])
