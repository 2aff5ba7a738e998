"""The default on your own CSV with a frozen backbone: minutes on a CPU.

Saliency pooling, whose validation labels choose the saliency weight (docs/small_data.md). The
backbone needs the cpu extra.
"""

_base_ = './saliency_csv_cpu.py'

custom_hooks = [dict(type='SaliencyWeightHook')]
