"""The default on a CSV that only says what is present: csv_cpu.py, unknown labels taken for absent.

The weights of the backbone: see dsrb_csv_cpu.py.
"""

_base_ = ['./_base_/frozen_csv.py', './_base_/methods/saliency_an.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
custom_hooks = [dict(type='SaliencyWeightHook')]
