"""DSRB on Pascal VOC 2007 with a frozen backbone (needs the cpu extra)."""

_base_ = ['./_base_/frozen_voc.py', './_base_/methods/dsrb_small_data.py']

model = dict(backbone={{_base_.backbone}}, neck=dict(pool_size=1))
