import numpy as np
import pytest
from PIL import Image

from dsrb_mm.models.layers import label_graph
from dsrb_mm.visualization import draw_label_graph, similar_order, strongest_edges


def test_edges_against_counting():
    labels = (np.random.default_rng(0).random((60, 5)) < 0.3).astype(int)
    labels[::3, 2] = -1
    edges = strongest_edges(labels, list('abcde'), top=100, min_positives=1)
    assert len(edges) == sum(
        ((labels[:, i] == 1) & (labels[:, j] == 1)).any() for i in range(5) for j in range(5)
    ) - sum((labels[:, i] == 1).any() for i in range(5))
    assert (edges.share.diff().dropna() <= 1e-9).all()
    for edge in edges.itertuples():
        i, j = 'abcde'.index(edge.category), 'abcde'.index(edge.other)
        with_i = labels[:, i] == 1
        together = (with_i & (labels[:, j] == 1)).sum()
        assert (edge.together, edge.positives) == (together, with_i.sum())
        assert edge.share == pytest.approx(together / with_i.sum())
        assert edge.lift == pytest.approx(edge.share / (labels[:, j] == 1).mean())


def test_rare_categories_make_no_strong_edge():
    labels = np.zeros((50, 3), int)
    labels[0] = 1
    labels[:20, 1] = 1
    edges = strongest_edges(labels, list('abc'), min_positives=10)
    assert set(edges.category) == {'b'}
    assert strongest_edges(labels, list('abc'), min_positives=100).empty


def test_order_puts_groups_together():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 300)[:, None]
    labels = (rng.random((300, 12)) < np.where(np.arange(12) % 3 == group, 0.6, 0.02)).astype(int)
    weights = label_graph(labels)
    order = similar_order(weights)
    assert sorted(order) == list(range(12))
    assert (np.diff(order % 3) != 0).sum() == 2  # three runs
    assert (similar_order(weights) == order).all()
    assert sorted(similar_order(np.zeros((4, 4)))) == [0, 1, 2, 3]
    assert similar_order(np.zeros((1, 1))).tolist() == [0]


@pytest.mark.parametrize('count', [1, 80])
def test_picture_grows_with_the_categories(tmp_path, count):
    weights = np.eye(count)
    draw_label_graph(weights, [f'$category {i}' for i in range(count)], tmp_path / 'x/a.png')
    with Image.open(tmp_path / 'x/a.png') as picture:
        # 8-point names need 11 pixels each.
        assert min(picture.size) > max(300, 14 * count)
