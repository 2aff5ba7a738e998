"""csv_cpu.py on the embedded scenes, unknown labels taken for absent: see scenes_p50.py."""

_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/saliency_an.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
custom_hooks = [dict(type='SaliencyWeightHook')]
