"""The plain peer of DSRB: global average pooling, a linear layer, partial BCE; same backbone."""

_base_ = './resnet101.py'

# ------------------------ frequently modified ------------------------
num_classes = 80
# ---------------------------------------------------------------------

model = dict(
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='MultiLabelLinearClsHead',
        num_classes=num_classes,
        in_channels=2048,
        loss=dict(type='PartialBCELoss'),
    ),
)
