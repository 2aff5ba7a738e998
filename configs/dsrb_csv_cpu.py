"""DSRB on your own CSV with a frozen backbone: minutes on a CPU (needs the cpu extra)."""

_base_ = ['./_base_/frozen_csv.py', './_base_/methods/dsrb_small_data.py']

model = dict(backbone={{_base_.backbone}}, neck=dict(pool_size=1))
