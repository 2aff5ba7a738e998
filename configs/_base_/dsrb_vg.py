"""DSRB on VG-200 with the published protocol; children set the proportion of known labels."""

_base_ = [
    './datasets/vg200.py',
    './methods/dsrb.py',
    './schedules/dsrb_20e.py',
    './default_runtime.py',
]
# VG-200 is released without category names: its word vectors are learnt.
