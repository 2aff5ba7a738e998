"""Partial BCE on globally pooled features: the baseline."""

_base_ = '../models/resnet101.py'

method = 'BCE'
model = dict(
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='PartialBCELoss'),
        bias_init='known_prior',  # each bias starts at the log-odds of its known labels
    ),
)
