from __future__ import annotations

import numpy as np
import pytest

from dsrb_mm.words.word_vectors import (
    ASSETS,
    find_asset,
    load_class_names,
    load_word_vectors,
    shipped_assets,
)

COUNTS = {'coco': 80, 'scenes': 48, 'voc': 20}


@pytest.fixture
def save(tmp_path):
    def write(array: np.ndarray) -> str:
        path = tmp_path / 'vectors.npy'
        np.save(path, array, allow_pickle=True)
        return str(path)

    return write


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64, np.int64])
@pytest.mark.parametrize('shape', [(1, 1), (3, 300), (4, 7)])
def test_reads_any_width_as_float32(save, shape, dtype):
    array = (1 + np.arange(np.prod(shape)).reshape(shape)).astype(dtype)
    vectors = load_word_vectors(save(array), num_classes=shape[0])
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, array)


@pytest.mark.parametrize(
    ('array', 'message'),
    [
        (np.ones((2, 5)), r'C = 3 categories, but got \(2, 5\)'),
        (np.ones(3), r'shape \(C, K\) .* but got \(3,\)'),
        (np.ones((3, 2, 2)), r'but got \(3, 2, 2\)'),
        (np.ones((3, 0)), r'but got \(3, 0\)'),
        (np.array([[1, 2], [np.nan, 1], [1, np.inf]]), r'to be finite .* \[1, 2\]'),
        (np.array([[1.0], [1e300], [1.0]]), r'to be finite in float32, .* \[1\]'),
        (np.ones((3, 2), dtype=complex), 'real numbers, but got dtype complex128'),
        (np.ones((3, 2), dtype=bool), 'but got dtype bool'),
        (np.array([[{}], [1], [2]], dtype=object), 'array of numbers, but got'),
    ],
)
def test_refuses(save, array, message):
    path = save(array)
    with pytest.raises(ValueError, match=message) as error:
        load_word_vectors(path, num_classes=3)
    assert path in str(error.value)


def test_refuses_other_files(tmp_path):
    text = tmp_path / 'text.npy'
    text.write_text('dog 1 2 3\n')
    empty = tmp_path / 'empty.npy'
    empty.touch()
    for path in (text, empty):
        with pytest.raises(ValueError, match=r'\.npy array of numbers'):
            load_word_vectors(path, num_classes=1)
    np.savez(tmp_path / 'many.npz', a=np.ones((1, 2)))
    with pytest.raises(ValueError, match=r'got an \.npz archive'):
        load_word_vectors(tmp_path / 'many.npz', num_classes=1)


def test_warns_of_zero_rows(save):
    path = save(np.array([[1.0, 0.0], [0.0, 0.0]]))
    with pytest.warns(UserWarning, match=r'rows \[1\] are all zero'):
        vectors = load_word_vectors(path, num_classes=2)
    assert vectors.shape == (2, 2)


@pytest.mark.parametrize('source', ['nowhere.npy', 'dsrb_mm::nothing', 'dsrb_mm::../secret'])
def test_missing_file_lists_shipped_names(source):
    with pytest.raises(FileNotFoundError, match='dsrb_mm::coco_minilm') as error:
        load_word_vectors(source, num_classes=3)
    assert source in str(error.value)


def test_wrong_type():
    with pytest.raises(TypeError, match='expected source to be a str or a Path, but got list'):
        load_word_vectors([[1.0, 2.0]], num_classes=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(('name', 'count'), COUNTS.items())
def test_shipped_vectors_fit_shipped_classes(name, count):
    assert len(load_class_names(f'dsrb_mm::{name}')) == count
    vectors = load_word_vectors(f'dsrb_mm::{name}_minilm', num_classes=count)
    assert vectors.shape == (count, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    # Different categories have different vectors.
    assert (vectors @ vectors.T - 2 * np.eye(count)).max() < 0.9


def test_shipped_vectors_make_sense():
    names = load_class_names('dsrb_mm::coco')
    vectors = load_word_vectors('dsrb_mm::coco_minilm', num_classes=80)
    cosine = vectors @ vectors.T

    def similarity(first: str, second: str) -> float:
        return cosine[names.index(first), names.index(second)]

    assert similarity('dog', 'cat') > similarity('dog', 'toaster') + 0.2
    assert similarity('fork', 'spoon') > similarity('fork', 'zebra') + 0.2
    assert similarity('hot dog', 'sandwich') > similarity('hot dog', 'dog')
    assert similarity('mouse', 'keyboard') > similarity('mouse', 'cat')


def test_same_names_have_the_same_vectors_in_all_lists():
    """A list reordered without its vectors would fail here."""
    lists = {
        name: dict(
            zip(
                load_class_names(f'dsrb_mm::{name}'),
                load_word_vectors(f'dsrb_mm::{name}_minilm', count),
                strict=True,
            )
        )
        for name, count in COUNTS.items()
    }
    for other in ('voc', 'scenes'):
        shared = lists['coco'].keys() & lists[other].keys()
        assert len(shared) > 10
        for name in shared:
            np.testing.assert_allclose(lists['coco'][name], lists[other][name], atol=1e-5)


def test_voc_list_is_that_of_mmpretrain():
    from mmpretrain.datasets.categories import VOC2007_CATEGORIES

    assert tuple(load_class_names('dsrb_mm::voc')) == VOC2007_CATEGORIES


def test_scene_list_is_that_of_the_scenes():
    from demo.scenes.catalog import SCENE_CATEGORIES

    assert tuple(load_class_names('dsrb_mm::scenes')) == SCENE_CATEGORIES


def test_class_names_from_a_file(tmp_path):
    path = tmp_path / 'classes.txt'
    path.write_text('dog\n\n traffic light \n', encoding='utf-8')
    assert load_class_names(path) == ['dog', 'traffic light']
    for text, got in (('dog\ncat\ndog\n', r"\['dog'\] repeatedly"), ('\n', 'none')):
        path.write_text(text, encoding='utf-8')
        with pytest.raises(ValueError, match=got):
            load_class_names(path)


def test_assets_are_listed_and_found():
    assert set(shipped_assets('word_vectors')) >= {f'dsrb_mm::{name}_minilm' for name in COUNTS}
    assert find_asset('dsrb_mm::coco', 'phrases').parent == ASSETS / 'phrases'
