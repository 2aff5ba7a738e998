"""A linear layer on your own CSV with a frozen backbone: the baseline to beat.

The backbone needs the cpu extra.
"""

_base_ = ['./_base_/frozen_csv.py', './_base_/methods/bce.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
