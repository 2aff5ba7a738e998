import warnings

import numpy as np
import pytest

from dsrb_mm.datasets.masks import LabelFile

LABELS = np.array([[1, 0, 1], [0, 0, 1]], np.int8)


def write(path, rows):
    np.savetxt(path, rows, fmt='%d', delimiter=',')
    return path


def test_reads_the_published_code(tmp_path):
    rows = np.array([[1, 0, 0], [-1, -1, 0]])
    expected = [[True, False, False], [True, True, False]]
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert LabelFile(write(tmp_path / 'a.csv', rows)).choose(LABELS).tolist() == expected
        np.save(tmp_path / 'a.npy', rows)
        assert LabelFile(tmp_path / 'a.npy').choose(LABELS).tolist() == expected


def test_errors(tmp_path):
    labels = np.array([[1, 0], [0, 1]], np.int8)
    with pytest.raises(FileNotFoundError, match='no such'):
        LabelFile(tmp_path / 'no.csv').choose(labels)
    with pytest.raises(ValueError, match=r'\(2, 2\).*\(1, 2\)'):
        LabelFile(write(tmp_path / 'b.csv', np.array([[1, 0]]))).choose(labels)
    with pytest.raises(ValueError, match=r"'2' in line 1, column 1"):
        LabelFile(write(tmp_path / 'c.csv', np.array([[2, 0], [0, 0]]))).choose(labels)
    with pytest.raises(ValueError, match=r'row 0, column 1.*same order'):
        LabelFile(write(tmp_path / 'd.csv', np.array([[1, 1], [0, 0]]))).choose(labels)


def test_this_packages_own_code_is_recognised(tmp_path):
    """1, 0 and -1 for unknown: read as the published code, it would lose every negative."""
    own = write(tmp_path / 'own.csv', np.array([[1, 0, -1], [0, -1, 1]]))
    with pytest.raises(ValueError, match='agree if 0 stands for absent'):
        LabelFile(own).choose(LABELS)
    complete = write(tmp_path / 'complete.csv', LABELS)  # contradicts nothing
    with pytest.warns(UserWarning, match=r'complete\.csv: 0 stands for unknown'):
        assert (LabelFile(complete).choose(LABELS) == (LABELS == 1)).all()
