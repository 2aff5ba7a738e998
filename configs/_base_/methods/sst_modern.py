"""SST with its schedules for the 40 epochs of schedules/modern_40e.py."""

_base_ = './sst.py'
method_epochs = 40  # what the schedules below are written for; `dsrb train` stretches them

# Falls half as fast as published, for twice as many epochs.
_threshold = dict(type='FallingThreshold', start=0.95, step=0.0125, floor=0.75)
model = dict(
    head=dict(
        complements=[
            dict(
                type='IntraImageTransfer',
                threshold=_threshold,
                hidden_channels=512,
                co_occurrence_weight=10.0,
                begin=10,
            ),
            dict(
                type='CrossImageTransfer',
                threshold=_threshold,
                bank=dict(type='FeatureQueue', size=100),
                begin=10,
            ),
        ],
    ),
)
