import numpy as np
import pytest

from dsrb_mm.comparison import RunScores

LOGITS = np.array([[3, -1], [1, 2], [-2, 0]], np.float32)
LABELS = np.array([[1, 0], [0, 1], [1, -1]], np.int8)


def test_scores_come_back(tmp_path):
    RunScores(LOGITS, -LOGITS, LABELS).save(tmp_path)
    found = RunScores.load(tmp_path)
    assert found.last.dtype == np.float32 and found.labels.dtype == np.int8
    assert (found.last == LOGITS).all() and (found.chosen == -LOGITS).all()
    assert (found.labels == LABELS).all()


def test_metrics_are_those_of_the_probabilities():
    scores = RunScores(LOGITS, -LOGITS, LABELS)
    assert scores.metrics('last')['mAP'] == pytest.approx(100 * ((1 + 2 / 3) / 2 + 1) / 2)
    assert scores.metrics('last')['mAP'] > scores.metrics('chosen')['mAP']


@pytest.mark.parametrize('content', [None, b'', b'PK\x03\x04 no archive'])
def test_damaged_files_are_named(tmp_path, content):
    if content is not None:
        (tmp_path / 'scores.npz').write_bytes(content)
    with pytest.raises(ValueError, match=r'scores\.npz .*Remove the folder'):
        RunScores.load(tmp_path)
