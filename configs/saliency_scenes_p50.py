"""Saliency pooling on the embedded scenes, with the budget of bce_scenes_p50.py."""

_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/saliency.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
