"""SARB on the embedded scenes, as small as DSRB in dsrb_scenes_p50.py."""

_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/sarb.py']

model = dict(
    backbone={{_base_.backbone}},
    neck=dict(
        out_channels=256,
        attention_channels=256,
        word_vectors='dsrb_mm::scenes_minilm',
        pool_size=1,
    ),
    head=dict(
        hidden_channels=256,
        graph_steps=1,
        bias_init='known_prior',
        complements=[
            dict(type='InstanceBlending', name='ilrb', alpha=0.5, learnable=False, begin=4),
            dict(type='ClusterBlending', beta=0.5, learnable=False, begin=4, interval=8),
        ],
    ),
)
