"""Expected-positive regularisation (Cole et al., CVPR 2021).

The number of present categories per image is read from the known labels of the training set. Single
positives have no known absent labels: give it as expected_positives (published: VOC 1.5, COCO 2.9).
"""

method = 'EPR'
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(type='ExpectedPositivesLoss', expected_positives='auto'),
    ),
)
