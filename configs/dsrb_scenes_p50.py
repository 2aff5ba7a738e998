"""DSRB on the embedded scenes with half of the labels known: the demo (make demo)."""

_base_ = [
    './_base_/datasets/scenes.py',
    './_base_/models/lite0_frozen.py',
    './_base_/methods/dsrb_small_data.py',
    './_base_/schedules/small_data.py',
    './_base_/default_runtime.py',
]

max_epochs = 5
model = dict(
    backbone={{_base_.backbone}},
    neck=dict(word_vectors='dsrb_mm::scenes_minilm', pool_size=1),
    head=dict(
        # One graph step keeps the demo short: 0.44 s a training step on two cores, 0.68 s with three.
        graph_steps=1,
        complements=[
            dict(type='InstanceBlending', alpha=0.5, learnable=False, begin=1),
            dict(type='PrototypeBlending', beta=0.5, learnable=False, begin=1, interval=2),
        ],
    ),
)
param_scheduler = dict(T_max=max_epochs)
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
default_hooks = dict(
    logger=dict(interval=25),
    calibration=dict(fit=True),
    channels_last=dict(type='ChannelsLastHook'),
)
