import json

import numpy as np
import pytest

from dsrb_mm.calibration import NEVER, Calibration, fit_calibration, image_keys, logits_of


@pytest.fixture
def calibration(held_out):
    keys = image_keys(f'/data/val/{i}.jpg' for i in range(300))
    return fit_calibration(*held_out, image_keys=keys)


def test_survives_json_and_says_what_it_is_made_of(calibration, held_out):
    assert Calibration.from_dict(json.loads(json.dumps(calibration.to_dict()))) == calibration
    labels = held_out[1]
    assert calibration.positives == tuple((labels == 1).sum(0))
    assert calibration.known == tuple((labels >= 0).sum(0))
    assert (calibration.images, calibration.source, calibration.rule) == (300, 'val', 'f1')


def test_formula(calibration):
    logits = np.array([[1.0, -2.0, 0.5, 800.0]])
    found = calibration.probabilities(logits)
    for c in range(4):
        z = logits[0, c] / calibration.temperature + calibration.bias[c]
        assert found[0, c] == pytest.approx(1 / (1 + np.exp(-z)))
        assert calibration.predict(found)[0, c] == (found[0, c] >= calibration.thresholds[c])


def test_never_is_above_every_probability(calibration):
    strict = calibration.with_thresholds([NEVER] * 4, 'precision 0.9')
    assert not strict.predict(np.ones((1, 4))).any() and strict.rule == 'precision 0.9'


def test_thresholds_for_uncalibrated_scores_decide_alike(calibration, held_out):
    mixed = calibration.with_thresholds([NEVER, 0.0, *calibration.thresholds[2:]], 'f1')
    expected = mixed.predict(mixed.probabilities(held_out[0]))
    own = 1 / (1 + np.exp(-np.asarray(held_out[0], float)))
    np.testing.assert_array_equal(own >= np.array(mixed.uncalibrated_thresholds), expected)


def test_images_are_recognised_where_the_folder_was_moved(calibration):
    assert calibration.shares_images(image_keys(['elsewhere/val/7.jpg']))
    assert not calibration.shares_images(image_keys(['/data/train/7.jpg', '/data/val/300.jpg']))


def test_logits_of_saturated_probabilities_are_finite():
    np.testing.assert_allclose(logits_of([0.25, 0.5]), [-np.log(3), 0])
    assert np.isfinite(logits_of([0, 1])).all()


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(temperature=0), 'temperature'),
        (dict(temperature='hot'), 'hot'),
        (dict(bias=[0.0, float('nan'), 0, 0]), 'bias'),
        (dict(thresholds=[-0.1, 0, 0, 0]), 'thresholds'),
        (dict(thresholds=[0.5]), 'one entry per category'),
        (dict(known=None), 'calibration'),
    ],
)
def test_a_wrong_record_is_refused(calibration, change, message):
    with pytest.raises(ValueError, match=message):
        Calibration.from_dict(calibration.to_dict() | change)


def test_another_number_of_categories_is_an_error(calibration):
    with pytest.raises(ValueError, match='4 categories'):
        calibration.probabilities(np.zeros((2, 5)))


def test_without_absent_labels_unknown_ones_count_as_absent(held_out):
    logits, labels = held_out
    positives = np.where(labels == 1, 1, -1)
    found = fit_calibration(logits, positives)
    counted = fit_calibration(logits, np.where(labels == 1, 1, 0))
    assert found.thresholds == counted.thresholds and found.bias == counted.bias
    assert found.known == found.positives == tuple((labels == 1).sum(0))
    for nothing in (np.full_like(labels, -1), np.ones_like(labels)):
        found = fit_calibration(logits, nothing)
        assert (found.temperature, set(found.bias), set(found.thresholds)) == (1, {0}, {0.5})


def test_known_positives_of_one_category_teach_nothing(held_out):
    logits, labels = held_out
    positives = np.where(labels == 1, 1, -1)
    mixed = np.where(np.arange(4) == 0, positives, labels)
    found, without = (
        fit_calibration(logits, y) for y in (mixed, np.where(np.arange(4) == 0, -1, labels))
    )
    assert found.thresholds == without.thresholds and found.bias == without.bias


def test_only_thresholds_of_the_training_flatter():
    keys = image_keys(['/data/val/7.jpg'])
    fitted = Calibration(1.0, (0.0,), (0.5,), (1,), (2,), 2, image_keys=keys)
    assert fitted.flatters(keys) and not fitted.flatters(image_keys(['/data/val/8.jpg']))
    assert not fitted.with_thresholds([0.9], 'precision 0.9').flatters(keys)
