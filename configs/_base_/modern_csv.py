"""A CSV of half-filled labels with the modern recipe; children add a method."""

_base_ = [
    './datasets/csv.py',
    './models/resnet101.py',
    './schedules/modern_40e.py',
    './default_runtime.py',
]

backbone = dict(frozen_stages=-1)  # all of it is trained

load, *weak, pack = _base_.train_pipeline
strong = [*weak, _base_.rand_augment]
# For methods that compare two views of an image.
views_pipeline = [load, dict(type='MultiView', num_views=[1, 1], transforms=[weak, strong]), pack]
train_dataloader = dict(batch_size=32, dataset=dict(dataset=dict(pipeline=[load, *strong, pack])))
default_hooks = dict(calibration=dict(fit=True), channels_last=dict(type='ChannelsLastHook'))
