"""Saliency pooling with the blendings of DSRB on the embedded scenes."""

_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/sr_blending.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
