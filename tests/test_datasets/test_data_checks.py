import numpy as np

from dsrb_mm.datasets.data_checks import (
    contradictions,
    real_paths,
    repeated_names,
    shared_images,
    shorten,
)


def test_repeats_and_contradictions():
    repeated = repeated_names(['a', 'b', 'a', 'c', 'b', 'b'])
    assert repeated == {'a': [0, 2], 'b': [1, 4, 5]}
    labels = np.array([[1, 0], [-1, 0], [1, -1], [0, 0], [-1, 0], [0, 1]])
    assert contradictions(repeated, labels) == [('b', 1, 5, 1)]
    labels[5] = 0
    assert contradictions(repeated, labels) == []


def test_links_are_resolved(tmp_path):
    (tmp_path / 'real').mkdir()
    (tmp_path / 'real/a.jpg').touch()
    (tmp_path / 'linked').symlink_to(tmp_path / 'real')
    (tmp_path / 'b.jpg').symlink_to(tmp_path / 'real/a.jpg')
    names = ['real/a.jpg', 'linked/a.jpg', 'b.jpg', 'real/../real/a.jpg']
    paths = [str(tmp_path / name) for name in names]
    assert set(real_paths(paths)) == {str((tmp_path / 'real/a.jpg').resolve())}
    missing = str(tmp_path / 'real/missing.jpg')
    assert real_paths([missing]) == [missing]
    assert shared_images(paths[:1], [paths[2], missing]) == [paths[2]]


def test_shorten():
    assert shorten([1, 2]) == '1, 2' and shorten(range(9)) == '0, 1, 2, 3, 4, ...'
