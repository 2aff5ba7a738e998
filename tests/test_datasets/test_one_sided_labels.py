"""Labels that teach nothing, or one thing only, are said before training."""

import numpy as np
import pytest

from dsrb_mm.datasets.data_report import DataReport
from dsrb_mm.engine.training_checks import check_learnable


def report(labels, split='train'):
    labels = np.array(labels, np.int8)
    return DataReport(split, 'CSVMultiLabel', list('abc'), labels, [__file__] * len(labels))


def test_categories_with_one_kind_of_label_are_named():
    labels = [[1, 0, -1], [1, 0, -1], [-1, -1, -1]]
    notes = '\n'.join(report(labels).notes())
    assert 'train: categories without a known label (1): c' in notes
    assert 'train: categories without a known positive, which cannot be learnt (1): b' in notes
    assert 'train: categories without a known negative, which a model may call present' in notes
    assert 'train: 1 of 3 images have no known label' in notes
    notes = '\n'.join(report(labels, 'val').notes())
    assert 'val: categories without a known positive, which cannot be judged (1): b' in notes
    assert (
        'val: categories without a known negative, whose AP is 100 % with any model (1): a' in notes
    )
    assert 'images have' not in notes
    assert 'negative' not in '\n'.join(report([[1, -1, -1]], 'val').notes())


def test_complete_labels_give_no_note():
    found = [
        line for line in report([[1, 0, 1], [0, 1, 0]]).notes() if 'more than once' not in line
    ]
    assert found == []


@pytest.mark.parametrize('value', [0, -1])
def test_a_training_set_without_positives_is_a_problem(value):
    train = report(np.full((2, 3), value))
    assert any('there is nothing to learn' in line for line in train.problems())
    with pytest.raises(ValueError, match='nothing to learn in the training set'):
        check_learnable([train])
    val = report(np.full((2, 3), value), 'val')
    assert any('nothing to judge a model by' in line for line in val.problems())
    check_learnable([report([[1, 0, 0]]), val])
