import numpy as np
import pytest

from dsrb_mm.apis import Selection

SCORES = np.array([0.2, 0.9, 0.5, 0.9, 0.1], np.float32)


def test_threshold_includes_itself_and_orders_by_score():
    assert Selection(thr=0.5)(SCORES) == [1, 3, 2]
    assert Selection(thr=0.95)(SCORES) == []
    assert Selection(thr=0)(SCORES) == [1, 3, 2, 0, 4]


@pytest.mark.parametrize(('topk', 'labels'), [(1, [1]), (4, [1, 3, 2, 0])])
def test_most_certain(topk, labels):
    assert Selection(topk=topk)(SCORES) == labels


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(thr=0.5, topk=3), 'either thr or topk'),
        (dict(), 'either thr or topk'),
        (dict(thr=1.5), 'thr to be in'),
        (dict(thr=(0.5, -0.1)), 'each thr to be in'),
        (dict(topk=0), 'at least 1'),
    ],
)
def test_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Selection(**arguments)


def test_more_than_there_are():
    with pytest.raises(ValueError, match='at most the 5 categories, but got 6'):
        Selection(topk=6)(SCORES)


def test_a_threshold_for_each_category():
    assert Selection(thr=(0.2, 0.95, 0.4, 0.3, 2.0))(SCORES) == [3, 2, 0]
