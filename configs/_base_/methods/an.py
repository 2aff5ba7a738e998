"""Assume negative: unknown labels are taken for absent ones (Cole et al., CVPR 2021).

The baseline of single positive labels.
"""

method = 'AN'
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='AssumeNegativeLoss'),
    ),
)
