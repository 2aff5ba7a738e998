from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.structures import DataSample

from dsrb_mm.apis import scoring
from dsrb_mm.apis.scoring import score_images
from dsrb_mm.datasets.config_data import ConfigData

LOADER = dict(
    dataset=dict(),
    batch_size=2,
    num_workers=0,
    collate_fn=dict(type='default_collate'),
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
)
CFG = Config(dict(val_dataloader=LOADER))


class Model:
    """Gives the score i / 10 in every category for the image that holds i."""

    def __init__(self, num_classes=3, factor=0.1):
        self.num_classes, self.factor = num_classes, factor
        self.batches = []

    def test_step(self, batch):
        self.batches.append(len(batch))
        score = batch.float().view(-1, 1).expand(-1, self.num_classes) * self.factor
        return [DataSample().set_pred_score(row) for row in score]


def data(number=5):
    labels = np.zeros((number, 3), np.int8)
    samples = torch.arange(number).view(-1, 1)
    return ConfigData('val', samples, [str(i) for i in range(number)], labels, labels, ('a',), ())


def test_every_image_once_and_in_order():
    model = Model()
    scores = score_images(model, data(), CFG)
    # Neither shuffled nor without the last batch, as the loader of the config would have it.
    np.testing.assert_allclose(scores[:, 0], [0, 0.1, 0.2, 0.3, 0.4], rtol=1e-6)
    assert scores.shape == (5, 3) and scores.dtype == np.float32
    assert model.batches == [2, 2, 1]


def test_another_number_of_categories():
    with pytest.raises(ValueError, match=r'shape \(5, 3\) for the val images .* got \(5, 4\)'):
        score_images(Model(num_classes=4), data(), CFG)


def test_scores_that_are_not_finite():
    with pytest.raises(ValueError, match='finite'):
        score_images(Model(factor=float('nan')), data(), CFG)


def test_logits_of_probabilities_keep_their_order(monkeypatch):
    scores = np.array([[0.0110], [0.0110001], [0.0109999]], np.float32)
    monkeypatch.setattr(scoring, 'score_images', lambda *args: scores)
    logits = scoring.score_logits(SimpleNamespace(head=None), None, None).astype(np.float32)
    assert np.argsort(logits[:, 0]).tolist() == [2, 0, 1]
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), scores, rtol=1e-6)
