import numpy as np
import pytest
from helpers.data import random_labels, write_csv
from helpers.inference import write_config
from helpers.tools import run_tool
from helpers.training import CONFIGS, tiny_config
from mmengine.config import Config

from dsrb_mm.apis import load_model
from dsrb_mm.engine.model_config import complete_model

CLASSES = ['cat', 'dog', 'bird', 'cow']


def csv_config(root, splits=('train', 'val')):
    """The shipped config for a CSV on a small backbone, without any size."""
    labels = random_labels(8 * len(splits), 4)
    labels[np.random.default_rng(3).random(labels.shape) < 0.3] = -1
    write_csv(root / 'labels.csv', labels, CLASSES, [split for split in splits for _ in range(8)])
    cfg = tiny_config('dsrb_csv.py', root / 'work', 4, epochs=2)
    for part in (cfg.model.neck, cfg.model.head):
        for name in ('num_classes', 'in_channels'):
            part.pop(name)
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.dataset.update(data_root=str(root), ann_file='labels.csv')
    return cfg


def test_categories_are_read_from_the_data(tmp_path):
    cfg = csv_config(tmp_path)
    complete_model(cfg)
    assert cfg.model.neck.num_classes == cfg.model.head.num_classes == 4
    assert (cfg.model.neck.in_channels, cfg.model.head.in_channels) == (128, 32)


def test_one_set_of_data_is_enough(tmp_path):
    cfg = csv_config(tmp_path)
    for name in ('val_dataloader', 'test_dataloader'):
        cfg[name].dataset.dataset.ann_file = 'gone.csv'
    complete_model(cfg)
    assert cfg.model.head.num_classes == 4
    cfg = csv_config(tmp_path)
    cfg.train_dataloader = cfg.val_dataloader = None
    complete_model(cfg)
    assert cfg.model.head.num_classes == 4


def test_given_categories_need_no_data():
    cfg = Config.fromfile(CONFIGS / 'dsrb_csv.py')
    complete_model(cfg, CLASSES)
    assert cfg.model.neck.num_classes == cfg.model.head.num_classes == 4
    assert cfg.model.neck.in_channels == 2048


def test_data_is_not_read_where_the_number_is_stated(tmp_path):
    cfg = csv_config(tmp_path)
    (tmp_path / 'labels.csv').unlink()
    cfg.model.neck.num_classes = cfg.model.head.num_classes = 9
    complete_model(cfg)
    assert cfg.model.head.num_classes == 9


def test_missing_data_is_named(tmp_path):
    cfg = csv_config(tmp_path)
    (tmp_path / 'labels.csv').unlink()
    with pytest.raises(FileNotFoundError, match='labels.csv'):
        complete_model(cfg)
    for split in ('train', 'val', 'test'):
        cfg[f'{split}_dataloader'] = None
    with pytest.raises(ValueError, match='no dataset to count the categories of'):
        complete_model(cfg)


def test_tools_need_no_number(tmp_path):
    """Train, test and load a model whose config states no size."""
    cfg = csv_config(tmp_path)
    config, output = write_config(cfg, tmp_path / 'config.py'), tmp_path / 'output'
    work_dir = tmp_path / 'w'
    assert run_tool('train', [config, '--work-dir', work_dir], output) == 0, output.read_text()
    dumped = Config.fromfile(work_dir / 'config.py')
    assert (dumped.model.head.num_classes, dumped.model.neck.in_channels) == (4, 128)
    checkpoint = work_dir / 'epoch_2.pth'
    assert run_tool('test', [config, checkpoint, '--work-dir', tmp_path / 't'], output) == 0
    # The checkpoint tells the categories where the data is gone.
    (tmp_path / 'labels.csv').unlink()
    model = load_model(config, checkpoint, 'cpu')
    assert model.head.num_classes == 4 and model._dataset_meta['classes'] == tuple(CLASSES)
    with pytest.raises(ValueError, match='expected 4 category names.*got 2 from the argument'):
        load_model(config, checkpoint, 'cpu', ['a', 'b'])
