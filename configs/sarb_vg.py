"""SARB on VG-200 with the published protocol, half of the labels known."""

_base_ = [
    './_base_/datasets/vg200.py',
    './_base_/models/resnet101.py',
    './_base_/methods/sarb.py',
    './_base_/schedules/dsrb_20e.py',
    './_base_/default_runtime.py',
]

# VG-200 is released without category names: its word vectors are learnt.
model = dict(backbone={{_base_.backbone}})
train_dataloader = dict(dataset=dict(known_proportion=0.5))
