"""Self-paced loss correction (Zhang et al., arXiv 2112.07368).

The settings are the published ones, but for the mean in place of the sum.
"""

method = 'SPLC'
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='SPLCLoss', margin=1, tau=0.6, gamma=2, start_epoch=1),
    ),
)
