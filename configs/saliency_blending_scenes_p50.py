"""DSRB on saliency pooling: two maps per category and blendings, on the embedded scenes."""

_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/saliency_blending.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
