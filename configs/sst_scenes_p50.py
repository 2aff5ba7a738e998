"""SST on the embedded scenes, as small as DSRB in dsrb_scenes_p50.py."""

_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/sst.py']

# As published, over 20 epochs.
_threshold = dict(type='FallingThreshold', start=0.95, step=0.025, floor=0.75)
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
            dict(
                type='IntraImageTransfer',
                threshold=_threshold,
                hidden_channels=128,
                co_occurrence_weight=10.0,
                begin=5,
            ),
            dict(
                type='CrossImageTransfer',
                threshold=_threshold,
                bank=dict(type='FeatureQueue', size=100),
                begin=5,
            ),
        ],
    ),
)
