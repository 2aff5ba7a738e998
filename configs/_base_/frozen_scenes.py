"""The embedded scenes on a frozen backbone; children add a method.

The image pipeline has no random part, so that `tools/compare.py` trains on cached features.
"""

_base_ = [
    './datasets/scenes.py',
    './models/lite0_frozen.py',
    './schedules/small_data.py',
    './default_runtime.py',
]

max_epochs = 20
param_scheduler = dict(T_max=max_epochs)
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
# The start of every method: the weights of the classifier are 0, and its biases the known prior.
start = dict(
    bias_init='known_prior',
    init_cfg=dict(type='Constant', layer=['Linear', 'Conv2d'], val=0),
)
default_hooks = dict(
    logger=dict(interval=25),
    calibration=dict(fit=True),
    channels_last=dict(type='ChannelsLastHook'),
)
