import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from dsrb_mm.evaluation import MultiLabelRecognitionMetric
from dsrb_mm.evaluation.cross_entropy import mean_cross_entropy


def test_is_that_of_pytorch_over_the_known_labels():
    generator = torch.Generator().manual_seed(0)
    logits = 5 * torch.randn(9, 4, generator=generator)
    labels = torch.randint(-1, 2, (9, 4), generator=generator)
    known = labels >= 0
    expected = float(binary_cross_entropy_with_logits(logits[known], labels[known].float()))
    assert mean_cross_entropy(logits.numpy(), labels.numpy()) == pytest.approx(expected, rel=1e-6)
    calculate = MultiLabelRecognitionMetric.calculate
    for more in ((), (0.5, 3, logits)):
        summary = calculate(torch.sigmoid(logits), labels, *more).summary
        assert summary['cross_entropy'] == pytest.approx(expected, rel=1e-4)


def test_extremes():
    assert mean_cross_entropy([[1e4, -1e4]], [[0, 0]]) == 5e3
    assert np.isnan(mean_cross_entropy([[1.0]], [[-1]]))
