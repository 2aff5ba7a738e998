import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from dsrb_mm.evaluation import average_precision


def naive_average_precision(scores, labels):
    """AP and AP_raw of one category, threshold by threshold."""
    known = [(s, y) for s, y in zip(scores, labels, strict=True) if y != -1]
    total = sum(y == 1 for _, y in known)
    if total == 0:
        return np.nan, np.nan
    curve = []
    for threshold in sorted({s for s, _ in known}, reverse=True):
        accepted = [y for s, y in known if s >= threshold]
        curve.append((accepted.count(1) / total, accepted.count(1) / len(accepted)))
    interpolated = raw = previous_recall = 0.0
    for i, (recall, precision) in enumerate(curve):
        interpolated += (recall - previous_recall) * max(p for _, p in curve[i:])
        raw += (recall - previous_recall) * precision
        previous_recall = recall
    return interpolated, raw


def draw(seed, num_samples=60, num_classes=7, levels=None, dtype=np.float32):
    rng = np.random.default_rng(seed)
    scores = rng.random((num_samples, num_classes))
    if levels is not None:
        scores = np.floor(scores * levels) / levels
    labels = rng.choice([1, 0, 0, -1], size=scores.shape).astype(np.int8)
    return scores.astype(dtype), labels


problems = st.builds(
    draw,
    seed=st.integers(0, 2**31),
    num_samples=st.integers(1, 30),
    num_classes=st.integers(1, 5),
    levels=st.sampled_from([None, 1, 2, 5, 20]),
    dtype=st.sampled_from([np.float32, np.float64]),
)


@given(problems)
def test_naive_loops_agree(problem):
    scores, labels = problem
    interpolated, raw = average_precision(scores, labels)
    for c in range(scores.shape[1]):
        expected = naive_average_precision(scores[:, c].tolist(), labels[:, c].tolist())
        np.testing.assert_allclose((interpolated[c], raw[c]), expected, rtol=1e-12)


@pytest.mark.parametrize('levels', [None, 1, 3, 10])
def test_raw_is_that_of_sklearn_with_ties_too(levels):
    scores, labels = draw(0, num_samples=200, levels=levels)
    _, raw = average_precision(scores, labels)
    for c in range(scores.shape[1]):
        known = labels[:, c] >= 0
        expected = average_precision_score(labels[known, c], scores[known, c])
        assert raw[c] == pytest.approx(expected, rel=1e-12)


def test_worked_example():
    # Ranked: absent, present, present, absent, present; precision 0, 1/2, 2/3, 1/2, 3/5.
    scores = np.array([[0.9], [0.8], [0.7], [0.6], [0.5]])
    labels = np.array([[0], [1], [1], [0], [1]])
    interpolated, raw = average_precision(scores, labels)
    assert interpolated[0] == pytest.approx((2 / 3 + 2 / 3 + 3 / 5) / 3)
    assert raw[0] == pytest.approx((1 / 2 + 2 / 3 + 3 / 5) / 3)


@given(problems, st.randoms(use_true_random=False))
def test_order_of_samples_changes_no_bit(problem, random):
    scores, labels = problem
    order = random.sample(range(len(scores)), len(scores))
    np.testing.assert_array_equal(
        average_precision(scores[order], labels[order]), average_precision(scores, labels)
    )


@given(problems, st.randoms(use_true_random=False))
def test_permuting_categories_permutes_the_result(problem, random):
    scores, labels = problem
    order = random.sample(range(scores.shape[1]), scores.shape[1])
    np.testing.assert_array_equal(
        average_precision(scores[:, order], labels[:, order]),
        np.array(average_precision(scores, labels))[:, order],
    )


@given(problems, st.integers(0, 2**31))
def test_scores_of_unknown_entries_never_matter(problem, seed):
    scores, labels = problem
    other = np.random.default_rng(seed).normal(scale=100, size=scores.shape)
    changed = np.where(labels == -1, other.astype(scores.dtype), scores)
    np.testing.assert_array_equal(
        average_precision(changed, labels), average_precision(scores, labels)
    )


@given(problems)
def test_only_the_order_of_scores_counts(problem):
    scores, labels = problem
    for transformed in (4 * scores - 2, np.exp(scores.astype(np.float64))):
        np.testing.assert_array_equal(
            average_precision(transformed, labels), average_precision(scores, labels)
        )


@given(problems)
def test_interpolation_never_lowers(problem):
    interpolated, raw = average_precision(*problem)
    evaluated = ~np.isnan(raw)
    assert (interpolated[evaluated] >= raw[evaluated] - 1e-12).all()
    assert (interpolated[evaluated] <= 1 + 1e-12).all()


def test_categories_without_known_positives_are_nan():
    labels = np.array([[1, 0, -1, -1, 1], [0, 0, -1, 0, 1]])
    interpolated, raw = average_precision(np.full((2, 5), 0.5), labels)
    np.testing.assert_allclose(interpolated, [0.5, np.nan, np.nan, np.nan, 1])
    np.testing.assert_allclose(raw, interpolated)


def test_perfect_and_worst_ranking():
    scores = np.array([[0.4], [0.3], [0.2], [0.1]])
    assert average_precision(scores, np.array([[1], [1], [0], [0]]))[0] == 1
    worst = average_precision(scores, np.array([[0], [0], [0], [1]]))
    assert [ap.item() for ap in worst] == [0.25, 0.25]


def test_no_samples():
    interpolated, raw = average_precision(np.zeros((0, 3)), np.zeros((0, 3), dtype=int))
    assert np.isnan(interpolated).all() and np.isnan(raw).all()
    assert interpolated.shape == (3,)


@pytest.mark.parametrize(
    ('scores', 'labels', 'message'),
    [
        (np.zeros((2, 3)), np.zeros((3, 2)), r'of one shape \(N, C\), but got \(2, 3\) and'),
        (np.zeros(3), np.zeros(3), r'of one shape \(N, C\)'),
        (np.array([[np.nan, 1, np.nan]]), np.zeros((1, 3)), 'got 2 nan and 0 infinite of 3'),
        (np.array([[-np.inf, 1, np.nan]]), np.zeros((1, 3)), 'got 1 nan and 1 infinite of 3'),
        (np.zeros((1, 3)), np.array([[0, 2, 0.5]]), r'but got \[0.5, 2.0\]'),
        (np.zeros((1, 3)), np.array([[0, 1, np.nan]]), r'but got \[nan\]'),
    ],
)
def test_errors_name_expectation_and_value(scores, labels, message):
    with pytest.raises(ValueError, match=message):
        average_precision(scores, labels)
