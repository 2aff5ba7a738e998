"""Permanent large-loss correction (Kim et al., CVPR 2022).

Published: delta_rel 0.1 to 0.5 per epoch, 10 epochs. A batch of B images corrects a
label for good only where B C delta_rel / 100 is above 1 (see LargeLoss).
"""

method = 'LL-Cp'
method_epochs = 40  # what the schedules below are written for; `dsrb train` stretches them
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='LargeLoss', mode='correct_permanently', delta_rel=0.2),
    ),
)
