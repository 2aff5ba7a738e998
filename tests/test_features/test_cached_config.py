"""Training on cached features is training on the frozen backbone, up to half precision."""

import json
import shutil

import numpy as np
import pytest
import torch
from helpers.features import frozen_config
from helpers.tools import run_tool
from mmengine.runner import Runner
from mmpretrain.registry import DATASETS
from PIL import Image

from dsrb_mm.apis import load_model
from dsrb_mm.datasets import get_label_matrix
from dsrb_mm.engine.checkpoints.checkpoint_weights import WeightMismatchError
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.features import refusal, use_cached_features


@pytest.fixture
def cfg(tmp_path):
    return frozen_config(tmp_path)


def losses_of(work_dir):
    (scalars,) = work_dir.glob('*/vis_data/scalars.json')
    rows = [json.loads(line) for line in scalars.read_text().splitlines()]
    return [row['loss'] for row in rows if 'loss' in row]


def test_training_gives_the_same_losses(cfg, tmp_path):
    cfg.dump(tmp_path / 'plain.py')
    log = tmp_path / 'log.txt'
    for work, more in (('plain', []), ('cached', ['--cached-features', tmp_path / 'features'])):
        arguments = [tmp_path / 'plain.py', '--work-dir', tmp_path / work, *more]
        assert run_tool('train', arguments, log) == 0, log.read_text()
    plain, cached = losses_of(tmp_path / 'plain'), losses_of(tmp_path / 'cached')
    assert len(plain) == 6
    np.testing.assert_allclose(cached, plain, rtol=1e-3)
    # The checkpoint holds the backbone: it predicts images as one trained without the cache.
    weights = [
        load_model(cfg, tmp_path / work / 'epoch_2.pth', 'cpu').state_dict()
        for work in ('plain', 'cached')
    ]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, rtol=1e-2, atol=1e-3)


def test_samples_differ_in_their_inputs_only(cfg, tmp_path):
    cached = use_cached_features(cfg, tmp_path / 'features')
    before, after = (DATASETS.build(c.train_dataloader.dataset) for c in (cfg, cached))
    assert before.metainfo == after.metainfo and len(before) == len(after)
    assert (get_label_matrix(before) == get_label_matrix(after)).all()
    for one, other in ((before[i], after[i]) for i in range(len(before))):
        assert dict(one['data_samples'].metainfo_items()) == dict(
            other['data_samples'].metainfo_items()
        )
        assert torch.equal(one['data_samples'].gt_score, other['data_samples'].gt_score)
        assert other['inputs'].dtype == torch.half and other['inputs'].shape == (64, 2, 2)


def test_features_are_those_of_the_backbone(cfg, tmp_path):
    cached = use_cached_features(cfg, tmp_path / 'features', keep_backbone=False)
    complete_model(cfg)
    found = []
    for config in (cfg, cached):
        runner = Runner.from_cfg(config)
        runner.model.init_weights()
        (batch,) = list(runner.val_dataloader)[:1]
        data = runner.model.eval().data_preprocessor(batch)
        found.append(runner.model.backbone(data['inputs'])[-1])
    assert found[1].dtype == torch.float32
    torch.testing.assert_close(found[1], found[0], rtol=1e-3, atol=1e-3)
    assert not list(runner.model.backbone.parameters())


def test_features_are_computed_once_and_named_by_what_they_depend_on(cfg, tmp_path):
    folder = tmp_path / 'features'

    def stores():
        use_cached_features(cfg, folder)
        return {path.name for path in folder.iterdir()}

    first = stores()
    assert len(first) == 2  # train and val; test is val
    written = [path.stat().st_mtime_ns for path in folder.rglob('*.npy')]
    assert stores() == first
    assert [path.stat().st_mtime_ns for path in folder.rglob('*.npy')] == written
    image = next((tmp_path / 'val').iterdir())
    image.write_bytes(image.read_bytes() + b' ')
    assert len(stores() - first) == 1
    cfg.data_preprocessor.mean = [0.0, 0.0, 0.0]
    assert len(stores()) == 5
    weights = torch.load(tmp_path / 'weights.pth')
    weights['bn1.weight'] += 1
    torch.save(weights, tmp_path / 'weights.pth')
    assert len(stores()) == 7


def test_random_steps_are_refused(cfg, tmp_path):
    assert refusal(cfg) is None
    pipeline = cfg.train_dataloader.dataset.dataset.pipeline
    pipeline.insert(1, dict(type='RandomFlip', prob=0.5))
    with pytest.raises(ValueError, match='train pipeline has steps .* random.*: RandomFlip'):
        use_cached_features(cfg, tmp_path / 'features')


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(model=dict(backbone=dict(type='ResNet'))), 'the backbone is trained'),
        (dict(load_from='x.pth'), 'load_from'),
        (dict(model=dict(train_cfg=dict(augments=dict(type='Mixup')))), 'mixes images at random'),
    ],
)
def test_what_else_is_refused(cfg, change, message):
    cfg.merge_from_dict(change)
    assert message in refusal(cfg)


def test_images_of_several_sizes_are_refused(cfg, tmp_path):
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.dataset.pipeline[1] = dict(type='ResizeEdge', scale=64)
    name = sorted((tmp_path / 'train').iterdir())[-1]
    Image.new('RGB', (64, 128)).save(name)
    with pytest.raises(ValueError, match='resize them to one size'):
        use_cached_features(cfg, tmp_path / 'features')
    assert not list((tmp_path / 'features').rglob('arrays.*'))


def test_a_removed_store_is_named(cfg, tmp_path):
    cached = use_cached_features(cfg, tmp_path / 'features')
    shutil.rmtree(tmp_path / 'features')
    with pytest.raises(FileNotFoundError, match='features'):
        DATASETS.build(cached.train_dataloader.dataset)[0]


def test_a_checkpoint_of_another_backbone_is_refused(cfg, tmp_path):
    cached = use_cached_features(cfg, tmp_path / 'features')
    complete_model(cached)
    runner = Runner.from_cfg(cached)
    runner.train()
    file = tmp_path / 'work/epoch_2.pth'
    load_model(cached, file, 'cpu')
    content = torch.load(file, weights_only=True)
    content['state_dict']['backbone.backbone.bn1.weight'] += 1
    torch.save(content, tmp_path / 'other.pth')
    with pytest.raises(WeightMismatchError, match='computed by a backbone with other weights'):
        load_model(cached, tmp_path / 'other.pth', 'cpu')
    load_model(cfg, tmp_path / 'other.pth', 'cpu')  # images are read anew
