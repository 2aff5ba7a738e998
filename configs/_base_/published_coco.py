"""MS-COCO 2014 with the protocol of DSRB and its predecessors; children add a method."""

_base_ = [
    './datasets/coco2014.py',
    './models/resnet101.py',
    './schedules/dsrb_20e.py',
    './default_runtime.py',
]
