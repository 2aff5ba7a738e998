"""One config per method and data set: each loads, says what was published, and its model trains."""

from functools import cache

import pytest
import torch
import yaml
from helpers.training import CONFIGS
from mmengine.config import Config
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from dsrb_mm.engine.model_config import complete_model

DATA = ['coco', 'voc', 'vg', 'csv']
METHODS = sorted(path.stem.removesuffix('_voc_modern') for path in CONFIGS.glob('*_voc_modern.py'))
MODERN = [f'{method}_{data}_modern' for method in METHODS for data in DATA]
PUBLISHED = [f'{m}_{d}' for m in ('bce', 'csl', 'curriculum', 'splc') for d in DATA[:3]]


@cache
def load(name):
    return Config.fromfile(CONFIGS / f'{name}.py')


def transforms(cfg):
    return [step.type for step in cfg.train_dataloader.dataset.dataset.pipeline]


def test_every_method_has_a_name_of_its_own():
    names = [load(f'{method}_voc_modern').method for method in METHODS]
    assert len(set(names)) == len(names) == 22


@pytest.mark.parametrize('name', MODERN)
def test_every_method_gets_the_same_recipe(name):
    cfg = load(name)
    assert cfg.model.backbone.depth == 101 and cfg.model.backbone.frozen_stages == -1
    assert cfg.train_dataloader.batch_size == 32
    assert cfg.train_cfg.max_epochs == 40
    assert cfg.param_scheduler[1].end - cfg.param_scheduler[1].begin == 39
    assert [hook.type for hook in cfg.custom_hooks] == ['EMAHook']
    optimizer = cfg.optim_wrapper.optimizer
    if name.startswith('sr_'):  # published: SGD, momentum, decay, batch
        assert (optimizer.type, optimizer.momentum, optimizer.weight_decay) == ('SGD', 0.9, 1e-4)
        views = cfg.train_dataloader.dataset.dataset.pipeline[1]
        assert transforms(cfg)[1] == 'MultiView' and len(views.transforms) == 2
        assert views.transforms[1][:-1] == views.transforms[0]
        assert views.transforms[1][-1].type == 'RandAugment'
        assert cfg.data_preprocessor.type == 'ViewsDataPreprocessor'
        assert cfg.model.get('neck') is None
    else:
        assert (optimizer.type, optimizer.lr) == ('AdamW', 1e-4)
        assert transforms(cfg)[-2:] == ['RandAugment', 'PackInputs']
    for complement in cfg.model.head.get('complements', ()):
        assert complement.get('begin', 0) <= 20


@pytest.mark.parametrize('name', PUBLISHED)
def test_protocol_of_the_published_table(name):
    cfg = load(name)
    assert cfg.model.backbone.depth == 101 and cfg.model.backbone.frozen_stages == 3
    assert cfg.train_dataloader.batch_size == 8
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.type, optimizer.lr, optimizer.weight_decay) == ('Adam', 1e-5, 5e-4)
    assert cfg.train_cfg.max_epochs == 20 and cfg.param_scheduler.milestones == [10]
    assert 'RandAugment' not in transforms(cfg)
    if cfg.method == 'Curriculum':
        assert (cfg.model.head.complements[0].begin, cfg.model.head.complements[0].interval) == (
            10,
            5,
        )


@pytest.mark.parametrize('name', [*MODERN, *PUBLISHED])
def test_half_of_the_labels_is_known_unless_one_option_says_otherwise(name):
    dataset = load(name).train_dataloader.dataset
    assert dataset.type == 'PartialLabelDataset'
    assert dataset.get('known_proportion') == (None if '_csv_' in name else 0.5)
    assert 'known_proportion' not in load(name).val_dataloader.dataset


def test_settings_published_per_data_set():
    loss = {name.removesuffix('_modern'): load(name).model.head.loss for name in MODERN}
    for method in ('epr', 'role'):
        values = [loss[f'{method}_{data}'].expected_positives for data in DATA]
        assert values == [2.9, 1.5, 'auto', 'auto']
    assert (loss['pu_coco'].alpha, loss['pu_coco'].gamma) == (1, 0.55)
    assert (loss['pu_voc'].alpha, loss['pu_voc'].gamma) == (2, 0.85)
    labels = {data: load(f'em_apl_{data}_modern').model.head.complements[0] for data in DATA}
    assert (loss['em_apl_coco'].alpha, labels['coco'].beta) == (0.1, 0.9)
    assert (loss['em_apl_voc'].alpha, labels['voc'].beta) == (0.2, 0.02)


def small_model(name):
    """The model of a config on a small untrained backbone, for the 20 categories of VOC."""
    cfg = Config(load(name).to_dict())
    cfg.model.backbone = dict(type='ResNet', depth=18, out_indices=(3,), base_channels=8)
    complete_model(cfg, classes=[str(i) for i in range(20)])
    cfg.model.setdefault('data_preprocessor', cfg.data_preprocessor)
    return MODELS.build(cfg.model)


@pytest.mark.parametrize('method', METHODS)
def test_the_model_of_every_method_is_built_and_trained(method):
    model = small_model(f'{method}_voc_modern')
    labels = torch.randint(-1, 2, (4, 20))
    for part in model.modules():
        if hasattr(part, 'see_labels'):
            part.see_labels(labels.numpy())
    for complement in model.head.complements.values():
        complement.set_active(True)
    samples = [
        DataSample(metainfo=dict(sample_idx=i)).set_gt_score(row.float())
        for i, row in enumerate(labels)
    ]
    views = 2 if method == 'sr' else 1
    losses = model(torch.randn(4 * views, 3, 64, 64), samples, mode='loss')
    total = sum(value for name, value in losses.items() if 'loss' in name)
    total.backward()
    gradient = next(iter(model.backbone.parameters())).grad
    assert total.isfinite() and gradient.isfinite().all() and gradient.any()
    with torch.no_grad():
        assert model.eval()(torch.randn(2, 3, 64, 64)).shape == (2, 20)


def test_all_configs_are_listed_with_the_collection_of_their_method():
    content = yaml.safe_load((CONFIGS / 'metafile.yml').read_text())
    collections = {collection['Name'] for collection in content['Collections']}
    models = {model['Name']: model for model in content['Models']}
    assert {*MODERN, *PUBLISHED} <= models.keys()
    for name, model in models.items():
        assert model['Config'] == f'configs/{name}.py'
        assert (CONFIGS.parent / model['Config']).is_file()
        assert model['In Collection'] in collections
    for collection in content['Collections']:
        assert (CONFIGS.parent / collection['Code']['URL']).is_file()
