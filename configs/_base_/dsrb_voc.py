"""DSRB on Pascal VOC 2007 with the published protocol; children set the proportion of known labels."""

_base_ = [
    './datasets/voc2007.py',
    './models/dsrb_resnet101.py',
    './schedules/dsrb_20e.py',
]

model = dict(
    neck=dict(num_classes=20, word_vectors='dsrb_mm::voc_minilm'),
    head=dict(num_classes=20),
)
