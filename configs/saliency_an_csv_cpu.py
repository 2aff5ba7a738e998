"""The default on a CSV that only says what is present: csv_cpu.py, unknown labels taken for absent.

The backbone needs the cpu extra.
"""

_base_ = ['./_base_/frozen_csv.py', './_base_/methods/saliency_an.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
custom_hooks = [dict(type='SaliencyWeightHook')]
