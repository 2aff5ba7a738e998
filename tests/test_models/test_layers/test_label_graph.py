import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import dense

from dsrb_mm.models.layers import KnownLabelCounts, label_graph

matrices = st.builds(
    lambda seed, rows, columns, values: np.random.default_rng(seed).choice(
        np.array(values, dtype=np.int8), size=(rows, columns)
    ),
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 30),
    columns=st.integers(1, 6),
    values=st.sampled_from([(1, 0, -1), (0, -1), (1,), (-1,), (1, -1), (1, 1, 1, 0)]),
)


@given(matrices)
def test_graph_agrees_with_loops(labels):
    graph = label_graph(labels)
    assert graph.dtype == np.float32
    np.testing.assert_allclose(graph, dense.label_graph(labels.tolist()), rtol=1e-7, atol=0)


def test_category_without_known_positive_has_a_zero_row_and_column():
    labels = np.array([[1, 0, 1], [1, -1, 0], [1, -1, 1]])
    graph = label_graph(labels)
    assert not graph[1].any()
    assert not graph[:, 1].any()
    np.testing.assert_allclose(graph[0], [1, 0, 2 / 3], rtol=1e-7)


def test_blocks_of_rows_are_summed():
    labels = np.tile(np.array([[1, 1, 0], [1, -1, 1], [1, 0, 0]], np.int8), (6_000, 1))
    expected = [[1, 1 / 3, 1 / 3], [1, 1, 0], [1, 0, 1]]
    np.testing.assert_allclose(label_graph(labels), expected, rtol=1e-7)


def test_unknown_and_absent_labels_do_not_count():
    labels = np.array([[1, 1], [1, 0], [1, -1], [0, 1]])
    np.testing.assert_allclose(label_graph(labels), [[1, 1 / 3], [1 / 2, 1]], rtol=1e-7)


def test_more_rows_than_a_chunk(monkeypatch):
    labels = np.random.default_rng(0).choice([1, 0, -1], size=(50, 4))
    whole = label_graph(labels)
    monkeypatch.setitem(label_graph.__globals__, '_ROWS', 7)
    assert np.array_equal(label_graph(labels), whole)


@given(matrices)
def test_prior_agrees_with_loops(labels):
    prior = KnownLabelCounts.from_labels(labels).prior_logit()
    assert prior.dtype == np.float32
    expected = [dense.prior_logit(labels.tolist(), c) for c in range(labels.shape[1])]
    np.testing.assert_allclose(prior, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize('value', [1, 0, -1])
def test_prior_is_finite_at_the_extremes(value):
    prior = KnownLabelCounts.from_labels(np.full((1000, 2), value)).prior_logit()
    assert np.isfinite(prior).all()
    expected = {1: math.log(1001 / 9), 0: math.log(1 / 1009), -1: math.log(1 / 9)}[value]
    np.testing.assert_allclose(prior, expected, rtol=1e-6)


def test_single_positives_start_at_their_share_of_all_images():
    labels = np.full((100, 3), -1)
    labels[:20, 0] = labels[20:, 1] = 1
    prior = KnownLabelCounts.from_labels(labels).prior_logit()
    np.testing.assert_allclose(prior, np.log([21 / 89, 81 / 29, 1 / 109]), rtol=1e-6)


@given(matrices)
def test_entropy_agrees_with_loops(labels):
    entropy = KnownLabelCounts.from_labels(labels).base_rate_entropy()
    if (labels == -1).all():
        assert entropy == 0
    else:
        expected = dense.base_rate_entropy(labels.tolist())
        assert entropy == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_entropy_of_certain_and_of_even_categories():
    def entropy(rows):
        return KnownLabelCounts.from_labels(np.array(rows)).base_rate_entropy()

    assert entropy([[1, 0], [1, 0]]) == 0
    assert entropy([[1, -1], [0, -1]]) == pytest.approx(math.log(2))
