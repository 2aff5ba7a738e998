"""DSRB on ResNet-101, as published: only the last stage of the backbone is trained."""

_base_ = ['./resnet101.py', '../default_runtime.py']

# ------------------------ frequently modified ------------------------
num_classes = 80
word_vectors = 'dsrb_mm::coco_minilm'  # any .npy of (num_classes, width), or None: learnt
channels = 1024  # D, channels of a category's feature
# ---------------------------------------------------------------------

model = dict(
    neck=dict(
        type='CSRLNeck',
        in_channels=2048,
        out_channels=channels,
        num_classes=num_classes,
        word_vectors=word_vectors,
        pool_size=2,
    ),
    head=dict(
        type='DSRBHead',
        num_classes=num_classes,
        in_channels=channels,
        hidden_channels=1024,
        graph_steps=3,
        loss=dict(type='PartialBCELoss'),
        loss_contrastive=dict(type='CategoryContrastiveLoss', loss_weight=0.05),
        iprb=dict(alpha=0.5, learnable=True),  # None: without instance blending
        pprb=dict(beta=0.5, learnable=True, num_blended=1),  # None: without prototype blending
        bias_init=None,
        diagnostics=True,
    ),
)

# When what happens, in epochs: prototypes are computed, and blending starts, at the start of epoch
# `begin` (counted from 0), and prototypes again every `interval` epochs.
default_hooks = dict(
    label_graph=dict(type='LabelGraphHook'),
    contrastive_ramp=dict(type='ContrastiveRampHook', epochs=1),
    prototypes=dict(type='PrototypeHook', begin=5, interval=5),
)
