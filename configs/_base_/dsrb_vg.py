"""DSRB on VG-200 with the published protocol; children set the proportion of known labels."""

_base_ = [
    './datasets/vg200.py',
    './models/dsrb_resnet101.py',
    './schedules/dsrb_20e.py',
]

model = dict(
    neck=dict(num_classes=200, word_vectors=None),
    head=dict(num_classes=200),
)
