import numpy as np
import pytest

from dsrb_mm.evaluation import average_precision, precision_recall
from dsrb_mm.report import bootstrap_figures


def test_agrees_with_metrics_of_resampled_images(scored):
    logits, labels = scored
    predicted = logits >= -1
    found = bootstrap_figures(logits, labels, {'': predicted, ' at 0.5': logits >= 0}, 40, seed=5)
    draws = np.random.default_rng(5).integers(120, size=(40, 120))
    resampled = {
        'mAP': [np.nanmean(average_precision(logits[d], labels[d])[0]) for d in draws],
        'CF1': [precision_recall(predicted[d], labels[d])['CF1'] for d in draws],
        'OF1': [precision_recall(predicted[d], labels[d])['OF1'] for d in draws],
        'OF1 at 0.5': [precision_recall(logits[d] >= 0, labels[d])['OF1'] for d in draws],
    }
    rates = precision_recall(predicted, labels)
    values = {
        'mAP': np.nanmean(average_precision(logits, labels)[0]),
        'CF1': rates['CF1'],
        'OF1': rates['OF1'],
        'OF1 at 0.5': precision_recall(logits >= 0, labels)['OF1'],
    }
    for name, draws_of_it in resampled.items():
        shift = values[name] - np.mean(draws_of_it)
        expected = np.percentile(draws_of_it, [2.5, 97.5]) + shift
        assert found[name] == pytest.approx([100 * values[name], *(100 * expected)], rel=1e-5)


def test_without_positives_there_is_no_interval():
    found = bootstrap_figures(np.zeros((3, 2)), np.zeros((3, 2), int), {}, 5)
    assert np.isnan(found['mAP']).all()
