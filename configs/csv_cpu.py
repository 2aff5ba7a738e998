"""The default on your own CSV with a frozen backbone: minutes on a CPU.

Saliency pooling, whose validation labels choose the weight of the peaks (docs/small_data.md). The
weights of the backbone: see dsrb_csv_cpu.py.
"""

_base_ = './saliency_csv_cpu.py'

custom_hooks = [dict(type='SaliencyWeightHook')]
