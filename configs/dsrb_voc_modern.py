"""DSRB with the modern recipe; dsrb_voc_pNN.py have the published protocol."""

_base_ = ['./_base_/modern_voc.py', './_base_/methods/dsrb.py']

model = dict(
    backbone={{_base_.backbone}},
    neck=dict(word_vectors='dsrb_mm::voc_minilm'),
    head=dict(
        # Above the published learning rate, learnable weights run to 1: no blending.
        complements=[
            dict(type='InstanceBlending', alpha=0.5, learnable=False, begin=10),
            dict(type='PrototypeBlending', beta=0.5, learnable=False, begin=10, interval=10),
        ],
    ),
)
