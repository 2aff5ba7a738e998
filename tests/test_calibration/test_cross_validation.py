import numpy as np
import pytest

from dsrb_mm.calibration import cross_validate, fit_calibration
from dsrb_mm.evaluation import precision_recall


def test_no_image_sees_its_own_label(held_out):
    logits, labels = held_out
    before = cross_validate(logits, labels)
    turned = labels.copy()
    turned[17] = np.where(labels[17] >= 0, 1 - labels[17], -1)
    after = cross_validate(logits, turned)
    np.testing.assert_array_equal(before.probabilities[17], after.probabilities[17])
    np.testing.assert_array_equal(before.predicted[17], after.predicted[17])
    assert (before.probabilities != after.probabilities).any()


def test_figures_are_no_better_than_those_on_the_images_of_the_fit(held_out):
    logits, labels = held_out
    fitted = fit_calibration(logits, labels)
    own = precision_recall(fitted.predict(fitted.probabilities(logits)), labels)['CF1']
    out_of_fold = precision_recall(cross_validate(logits, labels).predicted, labels)['CF1']
    assert precision_recall(logits >= 0, labels)['CF1'] < out_of_fold <= own + 1e-9


def test_one_image_and_one_part():
    found = cross_validate(np.zeros((1, 2)), np.ones((1, 2), int))
    np.testing.assert_allclose(found.probabilities, 0.5)
    with pytest.raises(ValueError, match='at least 2'):
        cross_validate(np.zeros((1, 2)), np.ones((1, 2), int), folds=1)
