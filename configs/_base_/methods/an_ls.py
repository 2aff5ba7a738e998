"""Assume negative with label smoothing (Cole et al., CVPR 2021).

The smoothing is the published one.
"""

method = 'AN-LS'
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='AssumeNegativeLoss', label_smoothing=0.1),
    ),
)
