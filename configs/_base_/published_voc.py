"""Pascal VOC 2007 with the protocol of DSRB and its predecessors; children add a method."""

_base_ = [
    './datasets/voc2007.py',
    './models/resnet101.py',
    './schedules/dsrb_20e.py',
    './default_runtime.py',
]
