"""Label matrices at the edges, through a whole training with blending and prototypes."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from helpers.data import random_labels, write_csv
from helpers.training import tiny_config
from mmengine.runner import Runner


def partial(num_images=10, num_classes=4, known=0.5):
    labels = random_labels(num_images, num_classes)
    labels[np.random.default_rng(5).random(labels.shape) > known] = -1
    return labels


def edit(change):
    labels = partial()
    change(labels)
    return labels


def whole_row(labels):
    labels[3] = -1


def whole_column(labels):
    labels[:, 2] = -1


CASES = {
    'an image without known label': (lambda: edit(whole_row), 4),
    'a category without known label': (lambda: edit(whole_column), 4),
    'nothing known': (lambda: np.full((10, 4), -1), 4),
    'all absent': (lambda: np.zeros((10, 4)), 4),
    'one category': (lambda: partial(num_classes=1), 4),
    'many categories': (lambda: partial(num_images=4, num_classes=2000, known=0.05), 4),
    'fewer images than a batch': (lambda: partial()[:3], 8),
    'one image': (lambda: partial()[2:3], 8),
    'batches of one': (lambda: partial()[:3], 1),
}


def train(tmp_path, labels, batch_size, prior=True):
    labels = np.asarray(labels)
    classes = [f'c{i}' for i in range(labels.shape[1])]
    if not (tmp_path / 'labels.csv').exists():
        write_csv(tmp_path / 'labels.csv', labels, classes, ['train'] * len(labels))
    cfg = tiny_config('dsrb_csv.py', tmp_path / 'work', len(classes), epochs=2)
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.model.head.bias_init = 'known_prior' if prior else None
    cfg.model.neck.pool_size = 1  # BatchNorm needs more than one value: a map of 1 x 1 is too small
    cfg.train_dataloader.batch_size = batch_size
    cfg.train_dataloader.dataset.dataset.update(data_root=str(tmp_path), ann_file='labels.csv')
    cfg.experiment_name = tmp_path.name  # by default of the second: loggers would be shared
    cfg.default_hooks.checkpoint = None
    runner = Runner.from_cfg(cfg)
    runner.train()
    file = next((tmp_path / 'work').glob('*/vis_data/scalars.json'))
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return runner, rows, next(Path(cfg.work_dir).glob('*/*.log')).read_text()


@pytest.mark.parametrize('case', CASES)
def test_losses_and_weights_stay_finite(case, tmp_path):
    make, batch_size = CASES[case]
    labels = np.asarray(make())
    runner, rows, log = train(tmp_path, labels, batch_size)
    assert {'loss_plain', 'loss_iprb', 'loss_pprb', 'loss_contrastive'} <= rows[-1].keys()
    for row in rows:
        assert all(math.isfinite(value) for value in row.values())
    assert all(value.isfinite().all() for value in runner.model.state_dict().values())
    warned = 'no label of the training set is known' in log
    assert warned == (case == 'nothing known')
    if warned:
        assert all(row['loss'] == 0 for row in rows)


def test_labels_that_are_all_present_are_refused(tmp_path):
    with pytest.raises(ValueError, match='PartialBCELoss needs labels that are known to be absent'):
        train(tmp_path, np.ones((10, 4)), 4)


def test_identical_images_with_labels_that_differ(tmp_path):
    labels = partial()
    write_csv(tmp_path / 'labels.csv', labels, ['c0', 'c1', 'c2', 'c3'], ['train'] * 10)
    for i in range(1, 10):
        (tmp_path / f'images/{i}.png').write_bytes((tmp_path / 'images/0.png').read_bytes())
    runner, rows, _ = train(tmp_path, labels, 5, prior=False)
    assert all(math.isfinite(row['loss']) for row in rows)
    assert all(parameter.isfinite().all() for parameter in runner.model.parameters())
