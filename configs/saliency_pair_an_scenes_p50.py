"""Saliency pooling with two maps per category, unknown labels taken for absent, on the scenes."""

_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/saliency_pair_an.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
