import json

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from dsrb_mm.calibration import cross_validate, fit_calibration, image_keys
from dsrb_mm.report import Judged, build_figures


def test_categories_agree_with_scikit_learn(judged, scored):
    logits, labels = scored
    figures = build_figures(judged, resamples=10)
    json.dumps(figures, allow_nan=False)
    for c in (0, 1, 2):
        found, known = figures['categories'][c], labels[:, c] >= 0
        y, p = labels[known, c], logits[known, c] >= 0
        assert found['precision'] == pytest.approx(precision_score(y, p), rel=1e-5)
        assert found['recall'] == pytest.approx(recall_score(y, p), rel=1e-5)
        assert found['F1'] == pytest.approx(f1_score(y, p), rel=1e-5)
        numbers = [found[key] for key in ('present', 'absent', 'unknown')]
        assert numbers == [int((labels[:, c] == v).sum()) for v in (1, 0, -1)]
    empty = figures['categories'][3]
    assert empty['AP'] is None and empty['recall'] is None and not empty['enough']
    assert empty['curves']['precision_recall'] is None
    assert 'd' in figures['too_few'] and 'a' not in figures['too_few']


def test_the_calibration_decides_and_never_on_the_images_of_its_fit(scored):
    logits, labels = scored
    paths = [f'/data/val/{i}.jpg' for i in range(len(labels))]
    same = fit_calibration(logits, labels, image_keys(paths))
    judged = Judged.from_scores(tuple('abcde'), paths, labels, logits, same)
    assert judged.decisions == 'cross-validated'
    np.testing.assert_array_equal(judged.predicted, cross_validate(logits, labels).predicted)
    other = fit_calibration(logits, labels, image_keys(['/data/other/1.jpg']))
    judged = Judged.from_scores(tuple('abcde'), paths, labels, logits, other)
    assert judged.decisions == 'checkpoint'
    np.testing.assert_array_equal(judged.predicted, other.predict(other.probabilities(logits)))
    chosen = same.with_thresholds([0.9] * 5, 'precision 0.9')
    mine = Judged.from_scores(tuple('abcde'), paths, labels, logits, chosen)
    assert mine.decisions == 'chosen'
    np.testing.assert_array_equal(mine.predicted, same.probabilities(logits) >= 0.9)
    names = [figure['name'] for figure in build_figures(judged, resamples=5)['headline']]
    assert names == ['mAP', 'CF1', 'OF1', 'CF1 at 0.5', 'OF1 at 0.5', 'ECE', 'ECE uncalibrated']


def test_mistakes_say_what_was_there_and_what_was_said(judged, scored):
    logits, labels = scored
    found = build_figures(judged, resamples=5)['mistakes']
    for mistake in found['missed']:
        i, c = mistake['image'], mistake['category_index']
        assert labels[i, c] == 1 and logits[i, c] < 0
        assert mistake['present'] == ['abcde'[k] for k in np.flatnonzero(labels[i] == 1)]
        scores = [other['score'] for other in mistake['predicted']]
        assert scores == sorted(scores, reverse=True)
