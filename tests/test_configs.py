"""Every config is built; the published ones say what was published; backbones can be swapped."""

from pathlib import Path

import pytest
import torch
from helpers.training import CONFIGS
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import PARAM_SCHEDULERS
from mmpretrain.registry import HOOKS, MODELS
from mmpretrain.structures import DataSample

from dsrb_mm.engine.model_config import complete_model

ALL = sorted(path.name for path in CONFIGS.glob('*.py'))
PUBLISHED = [f'dsrb_{d}_p{p}.py' for d in ('coco', 'voc', 'vg') for p in range(10, 100, 10)]
CLASSES = dict(coco=80, voc=20, vg=200)


def build_model(cfg, num_classes):
    complete_model(cfg, ['a'] * num_classes)
    cfg.model.setdefault('data_preprocessor', cfg.get('data_preprocessor'))
    return MODELS.build(cfg.model)


def test_all_proportions_are_there():
    assert set(PUBLISHED) <= set(ALL)


@pytest.mark.parametrize('name', ALL)
def test_config_loads_and_its_parts_are_registered(name):
    cfg = Config.fromfile(CONFIGS / name)
    for hook in cfg.default_hooks.values():
        if hook['type'] not in ('AttentionPictureHook',):
            assert issubclass(HOOKS.get(hook['type']), Hook)
    assert cfg.train_dataloader.dataset.type == 'PartialLabelDataset'


@pytest.mark.parametrize('name', PUBLISHED)
def test_published_protocol(name):
    cfg = Config.fromfile(CONFIGS / name)
    data, proportion = name.removeprefix('dsrb_').removesuffix('.py').split('_p')
    assert cfg.train_dataloader.dataset.known_proportion == int(proportion) / 100
    assert 'known_proportion' not in cfg.val_dataloader.dataset
    assert cfg.train_dataloader.batch_size == 8
    assert cfg.train_dataloader.dataset.dataset.pipeline[-1].type == 'PackInputs'
    for part in (cfg.model.neck, cfg.model.head):
        assert not {'num_classes', 'in_channels'} & part.keys()
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.type, optimizer.lr, optimizer.weight_decay) == ('Adam', 1e-5, 5e-4)
    assert cfg.train_cfg.max_epochs == 20 and cfg.param_scheduler.milestones == [10]
    assert cfg.model.backbone.depth == 101 and cfg.model.backbone.frozen_stages == 3
    head = cfg.model.head
    assert 'bias_init' not in head
    instance, prototype = head.complements
    assert instance == dict(type='InstanceBlending', alpha=0.5, learnable=True, begin=5)
    assert prototype == dict(
        type='PrototypeBlending', beta=0.5, learnable=True, num_blended=1, max_per_location=100,
        begin=5, interval=5,
    )  # fmt: skip
    assert head.aux_losses == [
        dict(type='CategoryContrastiveLoss', loss_weight=0.05, ramp_epochs=1)
    ]
    vectors = dict(coco='dsrb_mm::coco_minilm', voc='dsrb_mm::voc_minilm', vg=None)
    assert cfg.model.neck.word_vectors == vectors[data]


@pytest.mark.parametrize('name', ['dsrb_coco_p50.py', 'dsrb_voc_p10.py', 'dsrb_vg_p90.py'])
def test_published_model_predicts(name):
    cfg = Config.fromfile(CONFIGS / name)
    number = CLASSES[name.split('_')[1]]
    model = build_model(cfg, number).eval()
    with torch.no_grad():
        logits = model(torch.randn(1, 3, 128, 96))
    assert logits.shape == (1, number)
    assert model.neck.in_channels == 2048
    assert model.head.graph.candidate.in_features == model.head.classifier.output.out_features
    assert model.head.graph.candidate.in_features == 1024
    trainable = {n for n, p in model.backbone.named_parameters() if p.requires_grad}
    assert trainable and all(n.startswith('layer4') for n in trainable)


@pytest.mark.parametrize(
    'name',
    [
        *sorted(path.name for path in CONFIGS.glob('*_scenes_p50.py')),
        *sorted(path.name for path in CONFIGS.glob('*_cpu.py')),
        'dsrb_csv.py',
    ],
)
def test_small_models_predict(name):
    model = build_model(Config.fromfile(CONFIGS / name), 48).eval()
    with torch.no_grad():
        assert model(torch.randn(2, 3, 64, 64)).shape == (2, 48)


# As in docs/recipes.md, for small images.
BACKBONES = {
    'resnet50': "type='ResNet', depth=50, out_indices=(3,), frozen_stages=3",
    'convnext': "type='ConvNeXt', arch='tiny', gap_before_final_norm=False",
    'swin': "type='SwinTransformer', arch='tiny', img_size=64, pad_small_map=True",
    'vit': "type='VisionTransformer', arch='b', img_size=64, patch_size=16, out_type='featmap'",
    'timm': "type='TIMMBackbone', model_name='tf_efficientnet_lite0'",
}


@pytest.mark.parametrize('backbone', BACKBONES)
def test_two_line_config_swaps_the_backbone(backbone, tmp_path):
    file = tmp_path / 'mine.py'
    file.write_text(
        f"_base_ = '{Path(CONFIGS / 'dsrb_coco_p50.py').as_posix()}'\n"
        f'model = dict(backbone=dict(_delete_=True, {BACKBONES[backbone]}))\n'
    )
    model = build_model(Config.fromfile(file), 80)
    model.head.graph.is_set = True
    samples = [DataSample().set_gt_score(torch.randint(-1, 2, (80,)).float()) for _ in range(2)]
    losses = model(torch.randn(2, 3, 64, 64), samples, mode='loss')
    sum(value for name, value in losses.items() if 'loss' in name).backward()
    gradient = next(p for p in model.backbone.parameters() if p.requires_grad).grad
    assert gradient is not None and torch.isfinite(gradient).all()


def test_small_data_schedule_sums_up_to_a_fifth():
    """The rule in docs/small_data.md, 12,800 / N epochs of batch 32, by the schedule itself."""
    cfg = Config.fromfile(CONFIGS / '_base_/schedules/small_data.py')
    epochs, num_images = 12_800 / 1500, 1500
    steps = round(epochs * num_images / cfg.auto_scale_lr.base_batch_size)
    lr = cfg.optim_wrapper.optimizer.lr
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    schedule = dict(cfg.param_scheduler, by_epoch=False, T_max=steps, optimizer=optimizer)
    schedule.pop('convert_to_iter_based')
    scheduler, total = PARAM_SCHEDULERS.build(schedule), 0.0
    for _ in range(steps):
        total += optimizer.param_groups[0]['lr']
        optimizer.step()
        scheduler.step()
    assert steps == 400 and total == pytest.approx(0.2, rel=0.01)
    assert '12,800 / N epochs' in (CONFIGS.parent / 'docs/small_data.md').read_text()
