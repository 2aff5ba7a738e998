"""Variational positive-unlabelled learning (Yuan et al., ICME 2024), without its mixup.

As published for COCO with batches of 35. Much smaller batches need queue=64 or so.
"""

method = 'PU-MLC'
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='VariationalPULoss', alpha=1, gamma=0.55, queue=0),
    ),
)
