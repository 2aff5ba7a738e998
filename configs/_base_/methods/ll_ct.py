"""Large-loss correction in each batch (Kim et al., CVPR 2022).

Published: delta_rel 0.1 to 0.5 per epoch, 10 epochs. In the 40 epochs of schedules/modern_40e.py
a quarter of 0.2 corrects as many labels in the end.
"""

method = 'LL-Ct'
method_epochs = 40  # what the schedules below are written for; `dsrb train` stretches them
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='LargeLoss', mode='correct', delta_rel=0.05),
    ),
)
