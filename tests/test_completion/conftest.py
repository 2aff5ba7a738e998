"""A tiny model trained on a CSV of half-filled labels, once for all tests here."""

import numpy as np
import pytest
from helpers.data import random_labels, write_csv
from helpers.training import PIPELINE, tiny_config
from mmengine.runner import Runner

CLASSES = ['cat', 'dog', 'bird', 'cow']


def make_config(root, work_dir, ann_file='labels.csv', epochs=2):
    cfg = tiny_config('dsrb_csv.py', work_dir, 4, epochs=epochs)
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.dataset.update(data_root=str(root), ann_file=str(ann_file))
    cfg.val_dataloader.dataset.dataset.pipeline = PIPELINE[:2] + PIPELINE[3:]
    cfg.test_dataloader = cfg.val_dataloader
    return cfg


@pytest.fixture(scope='package')
def trained(tmp_path_factory):
    """Folder with labels.csv, images, config.py and w/epoch_2.pth; the labels; their truth."""
    root = tmp_path_factory.mktemp('completion')
    truth = random_labels(28, 4)
    labels = truth.copy()
    labels[np.random.default_rng(3).random(labels.shape) < 0.4] = -1
    labels[12:] = truth[12:]
    write_csv(root / 'labels.csv', labels, CLASSES, ['train'] * 12 + ['val'] * 16)
    cfg = make_config(root, root / 'w')
    cfg.dump(root / 'config.py')
    Runner.from_cfg(cfg).train()
    return root, labels, truth
