import numpy as np
import pytest

from dsrb_mm.datasets.imports.stratified_splits import complete_splits


def test_every_label_has_its_share():
    rng = np.random.default_rng(0)
    labels = np.where(rng.random((1000, 6)) < [0.5, 0.3, 0.1, 0.05, 0.02, 0.01], 1, 0)
    labels[rng.random(labels.shape) < 0.5] = -1
    splits, drawn = complete_splits([None] * 1000, labels, val=0.2, test=0.1)
    splits = np.array(splits)
    assert drawn == 1000 - (splits == 'train').sum()
    for name, share in (('test', 0.1), ('val', 0.9 * 0.2)):
        for value in (0, 1):
            total, part = (labels == value).sum(0), (labels[splits == name] == value).sum(0)
            assert (np.abs(part - share * total) <= 0.03 * total + 1.5).all()
    again, _ = complete_splits([None] * 1000, labels, val=0.2, test=0.1)
    assert again == splits.tolist()
    other, _ = complete_splits([None] * 1000, labels, val=0.2, test=0.1, seed=1)
    assert other != again


def test_given_splits_stay():
    labels = np.eye(6, dtype=int)
    given = ['train', None, 'test', 'extra', None, None]
    splits, drawn = complete_splits(given, labels, val=0.25, test=0.5)
    assert splits[2:4] == ['test', 'extra'] and 1 <= splits.count('val') == drawn <= 2
    assert complete_splits(['val', None, None], labels[:3]) == (['val', 'train', 'train'], 0)
    assert complete_splits([None] * 6, labels, val=0) == (['train'] * 6, 0)


def test_nothing_to_stratify_by():
    splits, _ = complete_splits([None] * 10, np.full((10, 2), -1))
    assert splits.count('val') == 2


def test_too_few_images():
    with pytest.raises(ValueError, match='2 training images or more to draw val from, got 1'):
        complete_splits([None], np.ones((1, 2)))
    with pytest.raises(ValueError, match='val'):
        complete_splits([None] * 5, np.ones((5, 2)), val=1)
