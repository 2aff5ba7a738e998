"""SARB with its schedules for the 40 epochs of schedules/modern_40e.py."""

_base_ = './sarb.py'
method_epochs = 40  # what the schedules below are written for; `dsrb train` stretches them

model = dict(
    head=dict(
        # Above the published learning rate, learnable weights run to 1: no blending.
        complements=[
            dict(type='InstanceBlending', name='ilrb', alpha=0.5, learnable=False, begin=10),
            dict(type='ClusterBlending', beta=0.5, learnable=False, begin=10, interval=10),
        ],
    ),
)
