"""Saliency pooling on Pascal VOC 2007 with a frozen backbone: minutes on a CPU.

The backbone needs the cpu extra.
"""

_base_ = ['./_base_/frozen_voc.py', './_base_/methods/saliency.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
