import pytest
import torch
from mmengine.config import ConfigDict
from mmpretrain.registry import MODELS
from torch import nn

from dsrb_mm.models.model_sizes import fill_in_sizes, wrong_channels

SMALL_RESNET = dict(type='ResNet', depth=18, base_channels=8)
BACKBONES = {
    'resnet': (SMALL_RESNET, 64),
    'resnet50': (dict(type='ResNet', depth=50, base_channels=8), 256),
    'convnext': (dict(type='ConvNeXt', arch='atto'), 320),
    'convnext map': (dict(type='ConvNeXt', arch='atto', gap_before_final_norm=False), 320),
    # These two know only images of 224 x 224 or img_size.
    'swin': (dict(type='SwinTransformer', arch='tiny'), 768),
    'vit': (dict(type='VisionTransformer', arch='deit-tiny', img_size=48, out_type='featmap'), 192),
    'frozen': (dict(type='FrozenBackbone', backbone=SMALL_RESNET, cache_bytes=1000), 64),
}


def never():
    raise AssertionError('the number of categories is not needed')


def complete(**parts):
    model = ConfigDict(type='ImageClassifier', **parts)
    fill_in_sizes(model, lambda: 7)
    return model


@pytest.mark.parametrize('backbone', BACKBONES)
def test_channels_of_backbones(backbone):
    config, channels = BACKBONES[backbone]
    model = complete(backbone=config, head=dict(type='PartialLabelLinearHead'))
    assert model.head == dict(type='PartialLabelLinearHead', num_classes=7, in_channels=channels)
    assert model.backbone == config


def test_neck_and_head_of_dsrb():
    model = complete(backbone=SMALL_RESNET, neck=dict(type='CSRLNeck'), head=dict(type='DSRBHead'))
    assert model.neck == dict(type='CSRLNeck', num_classes=7, in_channels=64)
    # The neck's default, not that of the backbone.
    assert model.head == dict(type='DSRBHead', num_classes=7, in_channels=1024)
    model = complete(
        backbone=SMALL_RESNET,
        neck=dict(type='CSRLNeck', out_channels=24),
        head=dict(type='DSRBHead', hidden_channels=5),
    )
    assert model.head.in_channels == 24
    head = MODELS.build(model.head)
    assert head(MODELS.build(model.neck)((torch.randn(1, 64, 4, 4),))).shape == (1, 7)


def test_a_neck_without_channels_passes_them_on():
    model = complete(
        backbone=SMALL_RESNET,
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='MultiLabelLinearClsHead'),
    )
    assert model.neck == dict(type='GlobalAveragePooling')
    assert model.head.in_channels == 64


def test_stated_numbers_are_kept_and_nothing_is_run_for_them():
    model = ConfigDict(
        backbone=dict(type='NoSuchBackbone'),
        neck=dict(type='CSRLNeck', num_classes=3, in_channels=11, out_channels=12),
        head=dict(type='DSRBHead', num_classes=4, in_channels=13),
    )
    before = model.to_dict()
    fill_in_sizes(model, never)
    assert model.to_dict() == before
    del model.head['in_channels']
    fill_in_sizes(model, never)
    assert model.to_dict()['head']['in_channels'] == 12


def test_parts_that_take_no_sizes_are_left_alone():
    model = ConfigDict(backbone=SMALL_RESNET, head=dict(type='ClsHead'))
    fill_in_sizes(model, never)
    assert model.head == dict(type='ClsHead')
    fill_in_sizes(ConfigDict(backbone=SMALL_RESNET), never)


def test_weights_are_not_loaded():
    """They may have to be downloaded, and change no size."""
    init = dict(type='Pretrained', checkpoint='https://nowhere.invalid/a.pth')
    timm = dict(type='TIMMBackbone', model_name='tf_efficientnet_lite0', pretrained=True)
    for config in (dict(SMALL_RESNET, init_cfg=init), timm):
        for backbone in (config, dict(type='FrozenBackbone', backbone=config)):
            model = complete(backbone=backbone, head=dict(type='PartialLabelLinearHead'))
            assert model.head.in_channels in (64, 1280)
            assert model.backbone == backbone


def test_a_backbone_that_does_not_run_is_named():
    class Fails(nn.Module):
        def forward(self, image):
            raise RuntimeError('only volumes')

    for backbone in (dict(type=Fails), dict(type='FrozenBackbone', backbone=dict(type=Fails))):
        with pytest.raises(ValueError, match=r'channels of backbone .*Fails.* 64 x 64: only vol'):
            complete(backbone=backbone, head=dict(type='PartialLabelLinearHead'))


@pytest.mark.parametrize('part', ['neck', 'head'])
def test_unknown_parts_are_left_to_the_builder(part):
    parts = dict(neck=dict(type='GlobalAveragePooling'), head=dict(type='MultiLabelLinearClsHead'))
    parts[part] = dict(type='NoSuchPart')
    complete(backbone=SMALL_RESNET, **parts)


def test_wrong_channels_are_found():
    linear = dict(type='PartialLabelLinearHead', num_classes=7)
    model = dict(type='ImageClassifier', backbone=SMALL_RESNET)
    for head, wrong in (({}, {}), (dict(in_channels=64), {}), (dict(in_channels=9), (9, 64))):
        found = wrong_channels(dict(model, head=dict(linear, **head)))
        assert found == ({'head.in_channels': wrong} if wrong else {})
    neck = dict(type='CSRLNeck', num_classes=7, in_channels=32, out_channels=16)
    dsrb = dict(type='DSRBHead', num_classes=7, in_channels=8)
    found = wrong_channels(dict(model, neck=neck, head=dsrb))
    assert found == {'neck.in_channels': (32, 64), 'head.in_channels': (8, 16)}
    assert neck['in_channels'] == 32 and 'in_channels' in dsrb
    # What cannot be told is no finding: another size of image may do.
    other = dict(type='ResNet', depth=5)
    assert wrong_channels(dict(backbone=other, head=dict(linear, in_channels=9))) == {}


def test_a_part_without_a_type_is_named():
    model = ConfigDict(backbone=dict(type='ResNet', depth=18), neck={})
    with pytest.raises(ValueError, match='model.neck to have a type, but got {}; .*neck=None'):
        fill_in_sizes(model, lambda: 2)
