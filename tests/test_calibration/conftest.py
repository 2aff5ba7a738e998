import numpy as np
import pytest


@pytest.fixture(scope='package')
def held_out():
    """Logits and labels of 300 images and 4 categories; a model that is too sure, and biased.

    Of category 2 few positives are known, of category 3 no label at all.
    """
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(300, 4)) * 1.5 + np.array([0.0, -1.0, -3.0, -1.0])
    labels = (rng.random(truth.shape) < 1 / (1 + np.exp(-truth))).astype(int)
    labels[rng.random(truth.shape) < 0.3] = -1
    labels[:, 3] = -1
    return truth * 2 + np.array([1.0, -1.0, 0.0, 0.0]), labels
