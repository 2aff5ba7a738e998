"""The baseline of dsrb_scenes_p50.py: global average pooling and a linear layer, partial BCE."""

_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/bce.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
