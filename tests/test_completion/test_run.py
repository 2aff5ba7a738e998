import numpy as np
import pytest
from mmengine.config import Config

from dsrb_mm.completion.run import complete, fill_in
from dsrb_mm.completion.thresholds import TrustRule

from .conftest import CLASSES

EASY = TrustRule(precision=0.5, max_missed=1, confidence=0.5, min_support=2)


def run(trained, rule=EASY, cfg=None, **options):
    root = trained[0]
    cfg = cfg or Config.fromfile(root / 'config.py')
    return complete(cfg, str(root / 'w/epoch_2.pth'), rule, device='cpu', **options)


def test_decisions_fill_gaps_only():
    labels, decided = np.array([[1, 0, -1, -1, -1]]), np.array([[0, 1, 1, 0, -1]])
    filled = fill_in(labels, decided)
    assert filled.tolist() == [[1, 0, 1, 0, -1]] and filled.dtype == np.int8


def test_thresholds_come_from_the_held_out_labels(trained):
    root, labels, _ = trained
    result = run(trained)
    assert result.image_root == str(root / 'images')
    assert result.paths == [f'{i}.png' for i in range(12)]
    assert [data.split for data in result.others] == ['val']  # the same set as `test`
    known = labels[:12] >= 0
    assert (result.labels[known] == labels[:12][known]).all()
    assert (result.labels[~known] == result.decided[~known]).all()
    assert (result.decided == result.thresholds.decide(result.scores)).all()
    assert result.held_out.labels.shape == (16, 4) and (result.held_out.labels >= 0).all()
    assert (result.labels >= 0).sum() > known.sum()


def test_without_held_out_labels_nothing_is_decided(trained):
    result = run(trained, holdout='none')
    assert result.held_out is None and (result.labels == trained[1][:12]).all()
    assert result.scores.shape == (12, len(CLASSES))


def test_the_same_images_under_another_option_are_one_set(trained):
    cfg = Config.fromfile(trained[0] / 'config.py')
    cfg.test_dataloader = Config(dict(loader=cfg.test_dataloader)).loader
    cfg.test_dataloader.dataset.lazy_init = False
    assert cfg.test_dataloader != cfg.val_dataloader
    assert [data.split for data in run(trained, cfg=cfg, holdout='none').others] == ['val']


def test_outputs_are_checked_before_the_work(trained, monkeypatch):
    monkeypatch.setattr('dsrb_mm.completion.run.load_model', None)
    with pytest.raises(ValueError, match='labels.csv to be a new file, but got one that is read'):
        run(trained, outputs=[str(trained[0] / 'labels.csv')], overwrite=True)
