"""DSRB with the modern recipe; dsrb_vg_pNN.py have the published protocol."""

_base_ = ['./_base_/modern_vg.py', './_base_/methods/dsrb.py']

model = dict(
    backbone={{_base_.backbone}},
    head=dict(
        # Above the published learning rate, learnable weights run to 1: no blending.
        complements=[
            dict(type='InstanceBlending', alpha=0.5, learnable=False, begin=10),
            dict(type='PrototypeBlending', beta=0.5, learnable=False, begin=10, interval=10),
        ],
    ),
)
