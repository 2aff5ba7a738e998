"""Training on cached images is training on the images."""

import copy
import json

import numpy as np
import pytest
import torch
from helpers.features import frozen_config
from helpers.tools import run_tool
from mmengine.config import Config
from mmpretrain.registry import DATASETS, TRANSFORMS
from PIL import Image

from dsrb_mm.apis.preprocessing import InputPipeline
from dsrb_mm.datasets import use_cached_images

CROP = dict(type='RandomCrop', crop_size=48)


@pytest.fixture
def cfg(tmp_path):
    cfg = frozen_config(tmp_path)
    dataset = cfg.train_dataloader.dataset.dataset
    dataset.pipeline = copy.deepcopy(dataset.pipeline)
    dataset.pipeline.insert(2, CROP)
    return cfg


def losses_of(work_dir):
    (scalars,) = work_dir.glob('*/vis_data/scalars.json')
    rows = [json.loads(line) for line in scalars.read_text().splitlines()]
    return [value for row in rows for key, value in row.items() if 'loss' in key or 'mAP' in key]


def test_training_is_the_same_to_the_bit(cfg, tmp_path):
    cfg.dump(tmp_path / 'plain.py')
    log = tmp_path / 'log.txt'
    for work, more in (('plain', []), ('cached', ['--cached-images', tmp_path / 'images'])):
        arguments = [tmp_path / 'plain.py', '--work-dir', tmp_path / work, *more]
        assert run_tool('train', arguments, log) == 0, log.read_text()
    assert losses_of(tmp_path / 'cached') == losses_of(tmp_path / 'plain')
    # The config that it leaves predicts images that are not cached.
    left = Config.fromfile(tmp_path / 'cached/plain.py')
    assert left.train_dataloader.dataset.dataset.pipeline[0].type == 'LoadCachedImage'
    steps = InputPipeline(left).steps
    assert [step['type'] for step in steps] == ['LoadCheckedImageFromFile', 'Resize', 'PackInputs']


def test_samples_are_the_same_but_for_where_they_come_from(cfg, tmp_path):
    cached = use_cached_images(cfg, tmp_path / 'images')
    for split in ('train', 'val', 'test'):
        before, after = (DATASETS.build(c[f'{split}_dataloader'].dataset) for c in (cfg, cached))
        for index in range(len(before)):
            samples = []
            for dataset in (before, after):
                np.random.seed(index)
                samples.append(dataset[index])
            assert torch.equal(samples[0]['inputs'], samples[1]['inputs'])
            notes = [dict(sample['data_samples'].metainfo_items()) for sample in samples]
            assert notes[0] == notes[1]
    kinds = {
        split: [step['type'] for step in cached[f'{split}_dataloader'].dataset.dataset.pipeline]
        for split in ('train', 'val', 'test')
    }
    assert kinds == dict(
        train=['LoadCachedImage', 'RandomCrop', 'PackInputs'],
        val=['LoadCachedImage', 'PackInputs'],
        test=['LoadCheckedImageFromFile', 'Resize', 'PackInputs'],
    )
    assert cfg.val_dataloader.dataset.dataset.pipeline[0].type == 'LoadCheckedImageFromFile'


def test_without_a_test_set_the_pipeline_of_validation_stays(cfg, tmp_path):
    cfg.test_dataloader = cfg.test_cfg = cfg.test_evaluator = None
    cached = use_cached_images(cfg, tmp_path / 'images')
    assert cached.val_dataloader.dataset == cfg.val_dataloader.dataset
    assert cached.train_dataloader.dataset != cfg.train_dataloader.dataset


def test_images_are_decoded_once_and_named_by_steps_and_files(cfg, tmp_path):
    folder = tmp_path / 'images'

    def stores():
        use_cached_images(cfg, folder)
        return {path.name for path in folder.iterdir()}

    first = stores()
    assert len(first) == 2 and stores() == first
    # What is random may change.
    cfg.train_dataloader.dataset.dataset.pipeline[2]['crop_size'] = 32
    assert stores() == first
    cfg.train_dataloader.dataset.dataset.pipeline[1]['scale'] = (60, 60)
    assert len(stores()) == 3
    image = next((tmp_path / 'val').iterdir())
    image.write_bytes(image.read_bytes() + b' ')
    assert len(stores()) == 4


@pytest.mark.parametrize(
    'steps', [[CROP], [dict(type='RandomFlip', prob=0.5), dict(type='Resize', scale=64)]]
)
def test_a_pipeline_that_begins_at_random_is_refused(cfg, tmp_path, steps):
    dataset = cfg.train_dataloader.dataset.dataset
    dataset.pipeline = [dataset.pipeline[0], *steps, dataset.pipeline[-1]]
    with pytest.raises(ValueError, match='the train pipeline to load images and to resize them'):
        use_cached_images(cfg, tmp_path / 'images')
    assert not (tmp_path / 'images').exists()


def test_images_of_several_sizes_are_refused(cfg, tmp_path):
    cfg.train_dataloader.dataset.dataset.pipeline[1] = dict(type='ResizeEdge', scale=64)
    name = sorted((tmp_path / 'train').iterdir())[-1]
    Image.new('RGB', (64, 128)).save(name)
    with pytest.raises(ValueError, match='resize them to one size'):
        use_cached_images(cfg, tmp_path / 'images')
    assert not list((tmp_path / 'images').rglob('arrays.*'))


def test_an_image_that_the_store_lacks_is_named(cfg, tmp_path):
    cached = use_cached_images(cfg, tmp_path / 'images')
    step = TRANSFORMS.build(cached.train_dataloader.dataset.dataset.pipeline[0])
    with pytest.raises(ValueError, match=r'to hold the image other\.jpg'):
        step(dict(img_path='other.jpg'))
