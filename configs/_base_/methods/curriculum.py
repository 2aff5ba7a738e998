"""Curriculum labelling (Durand et al., CVPR 2019).

Published code: threshold 2, rounds of 10, 5 and 5 epochs. Here the rounds are twice as long, for the
40 epochs of schedules/modern_40e.py.
"""

method = 'Curriculum'
method_epochs = 40  # what the schedules below are written for; `dsrb train` stretches them
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='PartialBCELoss'),
        bias_init='known_prior',  # each bias starts at the log-odds of its known labels
        complements=[dict(type='CurriculumLabels', threshold=2.0, begin=20, interval=10)],
    ),
)
