"""A CSV of half-filled labels on a frozen backbone; children add a method."""

_base_ = [
    './datasets/csv_cpu.py',
    './models/lite0_frozen.py',
    './schedules/small_data.py',
    './default_runtime.py',
]

# The start of linear and saliency heads: weights of 0, and biases at the known prior.
start = dict(
    bias_init='known_prior',
    init_cfg=dict(type='Constant', layer=['Linear', 'Conv2d'], val=0),
)
default_hooks = dict(
    logger=dict(interval=10),
    calibration=dict(fit=True),
    channels_last=dict(type='ChannelsLastHook'),
)
test_evaluator = dict(classwise=True)
