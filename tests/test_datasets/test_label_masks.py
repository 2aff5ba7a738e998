from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsrb_mm.datasets.label_masks import (
    file_mask,
    per_category_mask,
    proportion_mask,
    single_positive_mask,
)

PUBLISHED = Path(__file__).resolve().parents[3] / 'shared' / 'voc2007_labels'
# The first rows of the published VOC 2007 masks at 10 % and 50 % (20 categories): indices known.
FIRST_KNOWN = {
    0.1: [[14, 15, 16], [14], [3]],
    0.5: [
        [4, 6, 9, 14, 15, 16],
        [2, 4, 6, 9, 10, 12, 14],
        [0, 1, 3, 6, 7, 8, 9, 11, 13, 14, 15, 17, 18, 19],
    ],
}


@pytest.mark.parametrize('proportion', [0.1, 0.5])
def test_first_rows_of_the_published_mask(proportion):
    mask = proportion_mask((5011, 20), proportion)
    assert [np.flatnonzero(row).tolist() for row in mask[:3]] == FIRST_KNOWN[proportion]


@pytest.mark.parametrize('proportion', [0.1, 0.5])
def test_whole_published_mask_bit_for_bit(proportion):
    file = PUBLISHED / f'trainval_known_{proportion}.csv'
    if not file.is_file():
        pytest.skip('published label files are not here')
    published = np.loadtxt(file, delimiter=',')
    complete = (np.loadtxt(PUBLISHED / 'trainval.csv', delimiter=',') == 1).astype(np.int8)
    mask = proportion_mask(complete.shape, proportion)
    assert (mask == (published != 0)).all()
    assert (file_mask(file, complete) == mask).all()


def test_mask_leaves_the_global_generator_alone():
    np.random.seed(5)
    expected = np.random.random(3)
    np.random.seed(5)
    proportion_mask((10, 4), 0.5)
    assert (np.random.random(3) == expected).all()


@pytest.mark.parametrize('value', [0, -0.1, 1.01, float('nan')])
def test_known_proportion_out_of_range(value):
    with pytest.raises(ValueError, match='known_proportion'):
        proportion_mask((2, 2), value)


def test_everything_known_at_one():
    assert proportion_mask((50, 7), 1.0).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 99), st.data())
def test_per_category_keeps_exactly_as_many(num_images, num_classes, seed, data):
    number = data.draw(st.integers(1, num_images))
    mask = per_category_mask((num_images, num_classes), number, seed)
    assert (mask.sum(0) == number).all()
    assert (mask == per_category_mask((num_images, num_classes), number, seed)).all()


@pytest.mark.parametrize('number', [0, 11])
def test_per_category_out_of_range(number):
    with pytest.raises(ValueError, match=r'known_per_category.*\[1, 10\]'):
        per_category_mask((10, 3), number)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 99), st.integers(1, 8), st.integers(1, 6))
def test_single_positive_keeps_one_present_category(seed, num_images, num_classes):
    labels = np.random.default_rng(seed).integers(-1, 2, (num_images, num_classes))
    mask = single_positive_mask(labels, seed)
    assert (labels[mask] == 1).all()
    assert (mask.sum(1) == (labels == 1).any(1)).all()


def test_single_positive_is_uniform():
    labels = np.ones((6000, 3), np.int8)
    frequency = single_positive_mask(labels).mean(0)
    assert np.allclose(frequency, 1 / 3, atol=0.03)


def write(path, rows):
    np.savetxt(path, rows, fmt='%d', delimiter=',')
    return path


def test_file_mask_reads_the_published_code(tmp_path):
    labels = np.array([[1, 0, 1], [0, 0, 1]], np.int8)
    rows = np.array([[1, 0, 0], [-1, -1, 0]])
    expected = [[True, False, False], [True, True, False]]
    assert file_mask(write(tmp_path / 'a.csv', rows), labels).tolist() == expected
    np.save(tmp_path / 'a.npy', rows)
    assert file_mask(tmp_path / 'a.npy', labels).tolist() == expected


def test_file_mask_errors(tmp_path):
    labels = np.array([[1, 0], [0, 1]], np.int8)
    with pytest.raises(FileNotFoundError, match='no such'):
        file_mask(tmp_path / 'no.csv', labels)
    with pytest.raises(ValueError, match=r'\(2, 2\).*\(1, 2\)'):
        file_mask(write(tmp_path / 'b.csv', np.array([[1, 0]])), labels)
    with pytest.raises(ValueError, match=r"'2' in line 1, column 1"):
        file_mask(write(tmp_path / 'c.csv', np.array([[2, 0], [0, 0]])), labels)
    with pytest.raises(ValueError, match='row 0, column 1'):
        file_mask(write(tmp_path / 'd.csv', np.array([[1, 1], [0, 0]])), labels)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 99))
def test_drawing_in_blocks_changes_nothing(num_images, num_classes, seed):
    shape = (num_images, num_classes)
    labels = np.random.default_rng(seed).integers(-1, 2, shape)
    whole = proportion_mask(shape, 0.3, seed), single_positive_mask(labels, seed)
    with mock.patch('dsrb_mm.datasets.label_matrix._ENTRIES', 16):
        blocks = proportion_mask(shape, 0.3, seed), single_positive_mask(labels, seed)
    for one, two in zip(whole, blocks, strict=True):
        assert (one == two).all()
    published = np.random.RandomState(seed).random_sample(shape) < 0.3
    assert (whole[0] == published).all()
