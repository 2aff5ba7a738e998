"""DSRB on Pascal VOC 2007 with the published protocol; children set the proportion of known labels."""

_base_ = [
    './datasets/voc2007.py',
    './methods/dsrb.py',
    './schedules/dsrb_20e.py',
    './default_runtime.py',
]

model = dict(neck=dict(word_vectors='dsrb_mm::voc_minilm'))
