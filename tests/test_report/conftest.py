import numpy as np
import pytest

from dsrb_mm.report import Judged


@pytest.fixture(scope='package')
def scored():
    """Logits and labels of 120 images and 5 categories: one without positives, one of few."""
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(120, 5)) + np.array([0, -1, -2, -4, -3])
    labels = (logits + rng.normal(size=logits.shape) > 0).astype(int)
    labels[:, 3] = np.where(labels[:, 3] == 1, 0, labels[:, 3])
    labels[rng.random(labels.shape) < 0.3] = -1
    return logits, labels


@pytest.fixture(scope='package')
def judged(scored):
    logits, labels = scored
    paths = [f'/data/val/{i}.jpg' for i in range(len(labels))]
    return Judged.from_scores(('a', 'b', 'c', 'd', 'e'), paths, labels, logits)
