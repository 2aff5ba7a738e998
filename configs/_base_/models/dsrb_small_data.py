"""DSRB for small data and short trainings: see docs/small_data.md for the measurements behind it."""

_base_ = './dsrb_resnet101.py'

model = dict(
    neck=dict(out_channels=256, attention_channels=256),
    head=dict(
        in_channels=256,
        hidden_channels=256,
        # Without it the tanh output layer spends its short training on the base rate.
        bias_init='known_prior',
        # At a learning rate above the published 1e-5 learnable scalars run to 1: no blending.
        iprb=dict(alpha=0.5, learnable=False),
        pprb=dict(beta=0.5, learnable=False),
    ),
)
# Blending from a quarter of the 12 epochs of schedules/small_data.py.
default_hooks = dict(prototypes=dict(begin=3, interval=3))
