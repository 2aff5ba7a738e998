"""The plain peer of DSRB: global average pooling, a linear layer, partial BCE; same backbone."""

# ------------------------ frequently modified ------------------------
num_classes = 80
# ---------------------------------------------------------------------

model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='ResNet',
        depth=101,
        num_stages=4,
        out_indices=(3,),
        frozen_stages=3,
        style='pytorch',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.pytorch.org/models/resnet101-63fe2227.pth',
        ),
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='MultiLabelLinearClsHead',
        num_classes=num_classes,
        in_channels=2048,
        loss=dict(type='PartialBCELoss'),
    ),
)
