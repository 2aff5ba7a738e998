"""VG-200 with the protocol of DSRB and its predecessors; children add a method."""

_base_ = [
    './datasets/vg200.py',
    './models/resnet101.py',
    './schedules/dsrb_20e.py',
    './default_runtime.py',
]
