"""The plain peer of dsrb_scenes_p50.py: global average pooling and a linear layer, partial BCE."""

_base_ = './dsrb_scenes_p50.py'

model = dict(
    neck=dict(_delete_=True, type='GlobalAveragePooling'),
    head=dict(
        _delete_=True,
        type='MultiLabelLinearClsHead',
        num_classes=48,
        in_channels=1280,
        loss=dict(type='PartialBCELoss'),
    ),
)
default_hooks = dict(label_graph=None, contrastive_ramp=None, prototypes=None)
