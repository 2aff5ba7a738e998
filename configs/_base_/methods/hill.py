"""Hill loss (Zhang et al., arXiv 2112.07368).

The settings are the published ones, but for the mean in place of the sum.
"""

method = 'Hill'
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='HillLoss', margin=1, lam=1.5),
    ),
)
