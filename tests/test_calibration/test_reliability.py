import numpy as np
import pytest

from dsrb_mm.calibration import reliability


def naive(probabilities, labels, bins):
    entries = [(p, y) for p, y in zip(probabilities, labels, strict=True) if y != -1]
    curve = []
    for k in range(bins):
        low, high = k / bins, (k + 1) / bins
        inside = [(p, y) for p, y in entries if low <= p < high or (p == 1 and k == bins - 1)]
        if inside:
            p, y = zip(*inside, strict=True)
            curve.append((np.mean(p), np.mean(y), len(p)))
    error = sum(n * abs(p - y) for p, y, n in curve) / len(entries)
    return curve, error


def test_agrees_with_loops():
    rng = np.random.default_rng(0)
    probabilities = np.append(rng.random(200), [0.0, 1.0, 1.0])
    labels = rng.integers(-1, 2, 203)
    found = reliability(probabilities, labels, bins=8)
    curve, error = naive(probabilities, labels, 8)
    expected = np.array(curve).T
    np.testing.assert_allclose([found.predicted, found.observed, found.count], expected)
    assert found.error == pytest.approx(error)


def test_exact_shares_have_no_error_and_nothing_known_is_nan():
    assert reliability([0.5, 0.5], [1, 0]).error == 0
    assert np.isnan(reliability([[0.5]], [[-1]]).error)


@pytest.mark.parametrize(
    ('probabilities', 'labels', 'message'),
    [([0.5], [1, 0], 'one shape'), ([1.5], [1], 'lie in')],
)
def test_wrong_input_is_named(probabilities, labels, message):
    with pytest.raises(ValueError, match=message):
        reliability(probabilities, labels)
