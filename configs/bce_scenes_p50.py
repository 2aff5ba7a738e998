"""The baseline of dsrb_scenes_p50.py: global average pooling and a linear layer, partial BCE."""

_base_ = [
    './_base_/datasets/scenes.py',
    './_base_/models/lite0_frozen.py',
    './_base_/methods/bce.py',
    './_base_/schedules/small_data.py',
    './_base_/default_runtime.py',
]

model = dict(backbone={{_base_.frozen_lite0}})
max_epochs = 20  # four times those of DSRB: an epoch costs little here, and more gained nothing
param_scheduler = dict(T_max=max_epochs)
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
default_hooks = dict(logger=dict(interval=25), channels_last=dict(type='ChannelsLastHook'))
