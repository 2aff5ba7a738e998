"""SST on Pascal VOC 2007 with the published protocol, half of the labels known."""

_base_ = [
    './_base_/datasets/voc2007.py',
    './_base_/models/resnet101.py',
    './_base_/methods/sst.py',
    './_base_/schedules/dsrb_20e.py',
    './_base_/default_runtime.py',
]

model = dict(
    backbone={{_base_.backbone}},
    neck=dict(word_vectors='dsrb_mm::voc_minilm'),
)
train_dataloader = dict(dataset=dict(known_proportion=0.5))
