"""HST on MS-COCO 2014 with the published protocol, half of the labels known."""

_base_ = [
    './_base_/datasets/coco2014.py',
    './_base_/models/resnet101.py',
    './_base_/methods/hst.py',
    './_base_/schedules/dsrb_20e.py',
    './_base_/default_runtime.py',
]

model = dict(
    backbone={{_base_.backbone}},
    neck=dict(word_vectors='dsrb_mm::coco_minilm'),
)
# Published: batch 32.
train_dataloader = dict(batch_size=32, dataset=dict(known_proportion=0.5))
auto_scale_lr = dict(base_batch_size=32)
