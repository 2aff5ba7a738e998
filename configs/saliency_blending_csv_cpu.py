"""DSRB on saliency pooling, on your own CSV with a frozen backbone: minutes on a CPU.

The backbone needs the cpu extra.
"""

_base_ = ['./_base_/frozen_csv.py', './_base_/methods/saliency_blending.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
