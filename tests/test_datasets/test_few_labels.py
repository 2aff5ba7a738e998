import numpy as np

from dsrb_mm.datasets.few_labels import few_known


def test_few_known_labels_are_told():
    labels = np.full((50, 4), -1)
    labels[:20, 0] = [1, 0] * 10  # ten of either kind
    labels[:19, 1] = [1, 0] * 9 + [1]  # ten and nine
    labels[:30, 2] = 0  # cannot be judged
    labels[:5, 3] = 1
    (note,) = few_known(labels)
    assert note.startswith('2 of 3 judged categories have fewer than 10 known labels')
    assert few_known(labels[:, :1]) == few_known(labels[:, 2:3]) == []
