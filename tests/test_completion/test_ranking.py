import numpy as np
import pytest
from scipy.stats import entropy

from dsrb_mm.completion import VALUES, binary_entropy, rank_open_entries

PATHS, CLASSES = ['a.jpg', 'b.jpg', 'c.jpg'], ['cat', 'dog']
SCORES = np.array([[0.5, 0.9], [0.4, 0.6], [0.01, 0.5]])
LABELS = np.array([[-1, 1], [-1, -1], [-1, 0]])


def test_entropy():
    scores = np.array([0.01, 0.3, 0.5, 0.99])
    expected = [entropy([p, 1 - p], base=2) for p in scores]
    assert np.allclose(binary_entropy(scores), expected)
    assert np.allclose(binary_entropy(np.array([0.0, 1.0])), 0, atol=1e-9)


def test_entries_by_uncertainty():
    table = rank_open_entries(SCORES, LABELS, PATHS, CLASSES, 'entry')
    assert list(table.columns) == ['path', 'category', 'score', 'uncertainty', 'image_total']
    rows = list(zip(table.path, table.category, strict=True))
    assert rows[0] == ('a.jpg', 'cat') and rows[-1] == ('c.jpg', 'cat')
    assert set(rows[1:3]) == {('b.jpg', 'cat'), ('b.jpg', 'dog')}
    assert table.image_total[0] == pytest.approx(1)
    assert table.image_total[1] == pytest.approx(2 * binary_entropy(np.array(0.4)))
    assert len(rank_open_entries(SCORES, LABELS, PATHS, CLASSES, 'entry', limit=2)) == 2


def test_images_by_total():
    table = rank_open_entries(SCORES, LABELS, PATHS, CLASSES, order='image')
    assert table.path.tolist() == ['b.jpg', 'b.jpg', 'a.jpg', 'c.jpg']


def test_nothing_open_and_bad_order():
    assert rank_open_entries(SCORES, np.ones((3, 2)), PATHS, CLASSES).empty
    with pytest.raises(ValueError, match="'size'"):
        rank_open_entries(SCORES, LABELS, PATHS, CLASSES, order='size')


def test_categories_take_turns():
    rng = np.random.default_rng(0)
    scores, labels = rng.random((30, 3)), np.where(rng.random((30, 3)) < 0.7, -1, 0)
    labels[:5, 0], labels[:2, 2] = 1, 1
    names, paths = ['a', 'b', 'c'], list(range(30))
    for value in VALUES:
        table = rank_open_entries(scores, labels, paths, names, 'category', value=value)
        assert table.category[:6].tolist() == ['b', 'c', 'a'] * 2  # fewest known present first
        worth = table.score if value == 'score' else table.uncertainty
        for name in names:
            assert worth[table.category == name].is_monotonic_decreasing
        assert len(table) == (labels == -1).sum()
        assert len(table[['path', 'category']].drop_duplicates()) == len(table)


def test_most_probable_first():
    table = rank_open_entries(SCORES, LABELS, PATHS, CLASSES, 'entry', value='score')
    assert table.score.tolist() == [0.6, 0.5, 0.4, 0.01]
    assert table.image_total.tolist() == [1, 0.5, 1, 0.01]
    with pytest.raises(ValueError, match="value to be one of .*'size'"):
        rank_open_entries(SCORES, LABELS, PATHS, CLASSES, value='size')
