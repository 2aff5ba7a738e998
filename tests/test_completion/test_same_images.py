import numpy as np
import pytest

from dsrb_mm.completion.same_images import known_elsewhere, merge_repeated, share_scores
from dsrb_mm.datasets.config_data import ConfigData


def data(paths, labels):
    labels = np.array(labels, np.int8)
    return ConfigData('train', None, list(paths), labels, labels, ('cat', 'dog'), ())


@pytest.fixture
def paths(tmp_path):
    """The same file under three names, and another."""
    (tmp_path / 'a.jpg').touch()
    (tmp_path / 'link.jpg').symlink_to('a.jpg')
    return [f'{tmp_path}/{name}' for name in ('a.jpg', 'b.jpg', './a.jpg', 'link.jpg')]


def test_rows_of_an_image_know_the_same(paths):
    before = data(paths, [[1, -1], [-1, -1], [-1, 0], [-1, -1]])
    merged = merge_repeated(before)
    assert merged.labels.tolist() == [[1, 0], [-1, -1], [1, 0], [1, 0]]
    assert before.labels[0].tolist() == [1, -1]
    with pytest.raises(ValueError, match="has 'dog' present as image 3, and absent as image 0"):
        merge_repeated(data(paths, [[1, 0], [-1, -1], [-1, -1], [-1, 1]]))


def test_rows_of_an_image_get_one_score(paths):
    scores = np.array([[0.5, 0.1], [0.2, 0.2], [0.6, 0.1], [0.4, 0.2]])
    assert share_scores(scores, paths)[:, 0].tolist() == [0.5, 0.2, 0.5, 0.5]


def test_what_other_sets_know(paths):
    train = data(paths[:3], [[-1, -1]] * 3)
    others = [(paths[3:], np.array([[-1, 0]])), (['c.jpg'], np.array([[1, 1]])), ([], [])]
    assert known_elsewhere(train, others).tolist() == [[False, True], [False] * 2, [False, True]]
