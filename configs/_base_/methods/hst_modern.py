"""HST with its schedules for the 40 epochs of schedules/modern_40e.py."""

_base_ = './hst.py'
method_epochs = 40  # what the schedules below are written for; `dsrb train` stretches them

# Published: 1.0, from where only the weight decay of Adam leads down; that of AdamW is too weak.
_threshold = dict(type='LearnedThreshold', start=0.9, learnable=True, loss_weight=0.1)
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
                bank=dict(type='ClusterBank', num_prototypes=10, begin=10, interval=10),
                contrast_weight=0.05,
                begin=10,
            ),
        ],
    ),
)
