"""Saliency pooling on the embedded scenes, with the budget of bce_scenes_p50.py."""

_base_ = [
    './_base_/datasets/scenes.py',
    './_base_/models/lite0_frozen.py',
    './_base_/methods/saliency.py',
    './_base_/schedules/small_data.py',
    './_base_/default_runtime.py',
]

model = dict(backbone={{_base_.backbone}})
max_epochs = 20
param_scheduler = dict(T_max=max_epochs)
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
default_hooks = dict(logger=dict(interval=25), channels_last=dict(type='ChannelsLastHook'))
