"""DSRB on MS-COCO 2014 with the published protocol; children set the proportion of known labels."""

_base_ = [
    './datasets/coco2014.py',
    './models/dsrb_resnet101.py',
    './schedules/dsrb_20e.py',
]

model = dict(
    neck=dict(num_classes=80, word_vectors='dsrb_mm::coco_minilm'),
    head=dict(num_classes=80),
)
