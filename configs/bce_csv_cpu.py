"""A linear layer on your own CSV with a frozen backbone: the baseline to beat.

The weights of the backbone: see dsrb_csv_cpu.py.
"""

_base_ = [
    './_base_/datasets/csv_cpu.py',
    './_base_/models/lite0_frozen.py',
    './_base_/methods/bce.py',
    './_base_/schedules/small_data.py',
    './_base_/default_runtime.py',
]

model = dict(backbone={{_base_.backbone}})
default_hooks = dict(
    logger=dict(interval=10),
    calibration=dict(fit=True),
    channels_last=dict(type='ChannelsLastHook'),
)
test_evaluator = dict(classwise=True)
