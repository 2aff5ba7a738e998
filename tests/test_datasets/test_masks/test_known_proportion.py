from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.datasets.masks import KnownProportion, LabelFile

PUBLISHED = Path(__file__).resolve().parents[4] / 'shared' / 'voc2007_labels'
# The first rows of the published VOC 2007 masks at 10 % and 50 % (20 categories): indices known.
FIRST_KNOWN = {
    0.1: [[14, 15, 16], [14], [3]],
    0.5: [
        [4, 6, 9, 14, 15, 16],
        [2, 4, 6, 9, 10, 12, 14],
        [0, 1, 3, 6, 7, 8, 9, 11, 13, 14, 15, 17, 18, 19],
    ],
}


def choose(shape, p, seed=0):
    return KnownProportion(p, seed).choose(np.zeros(shape, np.int8))


@pytest.mark.parametrize('proportion', [0.1, 0.5])
def test_first_rows_of_the_published_mask(proportion):
    known = choose((5011, 20), proportion)
    assert [np.flatnonzero(row).tolist() for row in known[:3]] == FIRST_KNOWN[proportion]


@pytest.mark.parametrize('proportion', [0.1, 0.5])
def test_whole_published_mask_bit_for_bit(proportion):
    file = PUBLISHED / f'trainval_known_{proportion}.csv'
    if not file.is_file():
        pytest.skip('published label files are not here')
    published = np.loadtxt(file, delimiter=',')
    complete = (np.loadtxt(PUBLISHED / 'trainval.csv', delimiter=',') == 1).astype(np.int8)
    known = KnownProportion(proportion).choose(complete)
    assert (known == (published != 0)).all()
    assert (LabelFile(file).choose(complete) == known).all()


def test_the_global_generator_is_left_alone():
    np.random.seed(5)
    expected = np.random.random(3)
    np.random.seed(5)
    choose((10, 4), 0.5)
    assert (np.random.random(3) == expected).all()


@pytest.mark.parametrize('value', [0, -0.1, 1.01, float('nan')])
def test_out_of_range(value):
    with pytest.raises(ValueError, match='known_proportion'):
        KnownProportion(value)


def test_everything_known_at_one():
    assert choose((50, 7), 1.0).all()


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 99))
def test_drawing_in_blocks_changes_nothing(num_images, num_classes, seed):
    shape = (num_images, num_classes)
    with mock.patch('dsrb_mm.datasets.label_matrix._ENTRIES', 16):
        blocks = choose(shape, 0.3, seed)
    assert (blocks == choose(shape, 0.3, seed)).all()
    assert (blocks == (np.random.RandomState(seed).random_sample(shape) < 0.3)).all()
