import numpy as np
import pytest
from helpers.data import random_labels, write_coco, write_csv
from mmengine.config import Config

from dsrb_mm.datasets.config_data import build_split, has_split, loader_settings
from dsrb_mm.datasets.config_data import test_pipeline as plain_pipeline

CLASSES = ['cat', 'dog', 'bird']
PLAIN = [dict(type='LoadImageFromFile'), dict(type='Resize', scale=(8, 8)), dict(type='PackInputs')]
AUGMENTED = [*PLAIN[:2], dict(type='RandomFlip', prob=1.0), PLAIN[2]]


@pytest.fixture
def cfg(tmp_path):
    labels = random_labels(10, 3)
    write_coco(tmp_path, 'train', labels, CLASSES)
    write_coco(tmp_path, 'val', labels[:4], CLASSES)

    def loader(split, pipeline, **kwargs):
        inner = dict(
            type='CocoMultiLabel',
            data_root=str(tmp_path),
            ann_file=f'annotations/instances_{split}.json',
            data_prefix=dict(img_path=split),
            pipeline=pipeline,
        )
        return dict(
            batch_size=4,
            num_workers=0,
            persistent_workers=False,
            drop_last=True,
            sampler=dict(type='DefaultSampler', shuffle=True),
            dataset=dict(type='PartialLabelDataset', dataset=inner, **kwargs),
        )

    train = loader('train', AUGMENTED, known_proportion=0.5)
    return Config(dict(train_dataloader=train, val_dataloader=loader('val', PLAIN))), labels


def test_labels_truth_and_paths(cfg):
    config, labels = cfg
    data = build_split(config, 'train', plain_pipeline(config))
    known = np.random.RandomState(0).random_sample(labels.shape) < 0.5
    assert (data.truth == labels).all()
    assert (data.labels == np.where(known, labels, -1)).all()
    assert data.classes == tuple(CLASSES) and len(data.samples) == len(data.paths) == 10
    assert data.paths[3].endswith('train/000003.jpg')
    sample = data.samples[3]
    assert sample['data_samples'].img_path == data.paths[3]
    assert sample['data_samples'].gt_score.tolist() == data.labels[3].tolist()


def test_pipeline_without_augmentation(cfg):
    config, _ = cfg
    plain = build_split(config, 'train', plain_pipeline(config)).samples[0]['inputs']
    flipped = build_split(config, 'train').samples[0]['inputs']
    assert (plain.flip(-1) == flipped).all() and (plain != flipped).any()
    config.train_dataloader.dataset.dataset.pipeline.clear()  # the config itself is left alone
    assert plain_pipeline(config) == PLAIN
    config.pop('val_dataloader')
    with pytest.raises(ValueError, match='test_pipeline'):
        plain_pipeline(config)
    config.test_pipeline = PLAIN
    assert plain_pipeline(config) == PLAIN


def test_wrappers_that_repeat_or_join(cfg):
    config, labels = cfg
    inner = config.train_dataloader.dataset
    joined = dict(type='ConcatDataset', datasets=[inner, config.val_dataloader.dataset])
    repeated = dict(type='RepeatDataset', times=3, dataset=joined)
    config.train_dataloader.dataset = repeated
    data = build_split(config, 'train', plain_pipeline(config))
    assert len(data.samples) == len(data.paths) == 14
    assert (data.truth == np.concatenate([labels, labels[:4]])).all()
    assert (data.labels[10:] == labels[:4]).all()
    assert data.samples[12]['data_samples'].img_path == data.paths[12]


def test_own_gaps_are_no_hidden_labels(tmp_path):
    labels = random_labels(4, 3)
    labels[2] = -1
    write_csv(tmp_path / 'labels.csv', labels, CLASSES, ['train'] * 4)
    inner = dict(
        type='CSVMultiLabel',
        data_root=str(tmp_path),
        ann_file='labels.csv',
        data_prefix=dict(img_path='images'),
        ignore_columns=('split',),
    )
    config = Config(dict(train_dataloader=dict(dataset=dict(dataset=inner))))
    config.train_dataloader.dataset.type = 'PartialLabelDataset'
    data = build_split(config, 'train')
    assert (data.labels == labels).all() and (data.truth == labels).all()


def test_loader_takes_every_image_once_in_order(cfg):
    settings = loader_settings(cfg[0])
    assert settings['sampler'] == dict(type='DefaultSampler', shuffle=False)
    assert settings['drop_last'] is False and 'dataset' not in settings
    with pytest.raises(ValueError, match='data loader'):
        loader_settings(Config())


def test_no_such_split(cfg):
    assert has_split(cfg[0], 'val') and not has_split(cfg[0], 'test')
    with pytest.raises(ValueError, match='test_dataloader'):
        build_split(cfg[0], 'test')
    with pytest.raises(ValueError, match="'dev'"):
        build_split(cfg[0], 'dev')
