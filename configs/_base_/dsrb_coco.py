"""DSRB on MS-COCO 2014 with the published protocol; children set the proportion of known labels."""

_base_ = [
    './datasets/coco2014.py',
    './methods/dsrb.py',
    './schedules/dsrb_20e.py',
    './default_runtime.py',
]

model = dict(neck=dict(word_vectors='dsrb_mm::coco_minilm'))
