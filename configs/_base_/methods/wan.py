"""Weak assume negative (Cole et al., CVPR 2021).

All unknown labels of an image together count about as much as one label.
"""

method = 'WAN'
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='AssumeNegativeLoss', weak=True),
    ),
)
