import numpy as np
import pytest

from dsrb_mm.evaluation import HeldOutMetric, MultiLabelRecognitionMetric

SCORES = np.array([[0.9, 0.2], [0.8, 0.6], [0.1, 0.7]], np.float32)


def results(labels):
    return [(score, row) for score, row in zip(SCORES, np.array(labels, np.int8), strict=True)]


def test_unknown_counts_as_absent_where_no_absent_label_is_known():
    # Category 0: only its second image is known, and present. Category 1 has both.
    found = HeldOutMetric().compute_metrics(results([[-1, 0], [1, -1], [-1, 1]]))
    assert found['mAP'] == pytest.approx((50 + 100) / 2)


def test_categories_with_absent_labels_are_as_ever():
    labels = [[0, 0], [1, -1], [-1, 1]]
    expected = MultiLabelRecognitionMetric().compute_metrics(results(labels))
    assert HeldOutMetric().compute_metrics(results(labels)) == expected
