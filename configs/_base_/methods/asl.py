"""Asymmetric loss (Ridnik et al., ICCV 2021) on the known labels.

Its settings are those published for complete labels, but for the mean in place of the sum.
"""

method = 'ASL'
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='PartialAsymmetricLoss', gamma_pos=1, gamma_neg=4, clip=0.05),
        bias_init='known_prior',  # each bias starts at the log-odds of its known labels
    ),
)
