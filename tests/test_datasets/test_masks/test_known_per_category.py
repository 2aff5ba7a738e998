import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.datasets.masks import KnownPerCategory


@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 99), st.data())
def test_keeps_exactly_as_many(num_images, num_classes, seed, data):
    number = data.draw(st.integers(1, num_images))
    labels = np.zeros((num_images, num_classes), np.int8)
    known = KnownPerCategory(number, seed).choose(labels)
    assert (known.sum(0) == number).all()
    assert (known == KnownPerCategory(number, seed).choose(labels)).all()


@given(st.integers(0, 99))
def test_draws_from_what_the_dataset_knows(seed):
    labels = np.random.default_rng(seed).integers(-1, 2, (30, 4)).astype(np.int8)
    labels[:5] = 1
    known = KnownPerCategory(5, seed).choose(labels)
    assert (known.sum(0) == 5).all() and (labels[known] >= 0).all()


def test_a_category_with_fewer_known_labels_is_named():
    labels = np.array([[1, 0, -1], [0, 1, -1], [1, -1, 1]], np.int8)
    with pytest.raises(ValueError, match=r'the 2 known labels .* got 1 in column 2 \(1 such'):
        KnownPerCategory(2).choose(labels)


@pytest.mark.parametrize('number', [0, -1])
def test_out_of_range(number):
    with pytest.raises(ValueError, match='number'):
        KnownPerCategory(number)
