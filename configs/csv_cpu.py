"""The default on your own CSV with a frozen backbone: minutes on a CPU.

Two maps per category suit large and small objects; `dsrb train` chooses between one map with or
without peaks instead (docs/small_data.md). The weights of the backbone: see dsrb_csv_cpu.py.
"""

_base_ = ['./_base_/frozen_csv.py', './_base_/methods/saliency_pair.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
