"""Entropy maximisation and asymmetric pseudo-labels (Zhou et al., ECCV 2022).

Weights as published for COCO. Published warm-up: half of the epochs on COCO and VOC.
"""

method = 'EM+APL'
method_epochs = 40  # what the schedules below are written for; `dsrb train` stretches them
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='EntropyMaximizationLoss', alpha=0.1),
        complements=[
            dict(type='AsymmetricPseudoLabels', beta=0.9, negative_proportion=0.9, begin=20),
        ],
    ),
)
