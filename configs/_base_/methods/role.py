"""Regularised online label estimation (Cole et al., CVPR 2021).

The number of present categories per image is read from the known labels of the training set. Single
positives have no known absent labels: give it as expected_positives (published: VOC 1.5, COCO 2.9).
"""

method = 'ROLE'
method_epochs = 40  # what label_lr, a step per epoch, is written for; `dsrb train` stretches it
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='ROLELoss', expected_positives='auto', label_lr=1.0),
    ),
)
