"""Saliency pooling with two maps per category on the embedded scenes."""

_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/saliency_pair.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
