from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.datasets.masks import SinglePositive


@given(st.integers(0, 99), st.integers(1, 8), st.integers(1, 6))
def test_keeps_one_present_category(seed, num_images, num_classes):
    labels = np.random.default_rng(seed).integers(-1, 2, (num_images, num_classes))
    known = SinglePositive(seed).choose(labels)
    assert (labels[known] == 1).all()
    assert (known.sum(1) == (labels == 1).any(1)).all()


def test_is_uniform():
    frequency = SinglePositive().choose(np.ones((6000, 3), np.int8)).mean(0)
    assert np.allclose(frequency, 1 / 3, atol=0.03)


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 99))
def test_drawing_in_blocks_changes_nothing(num_images, num_classes, seed):
    labels = np.random.default_rng(seed).integers(-1, 2, (num_images, num_classes))
    with mock.patch('dsrb_mm.datasets.label_matrix._ENTRIES', 16):
        blocks = SinglePositive(seed).choose(labels)
    assert (blocks == SinglePositive(seed).choose(labels)).all()
