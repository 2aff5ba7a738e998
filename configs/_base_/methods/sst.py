"""SST (arXiv 2112.10941) with its published settings."""

# ------------------------ frequently modified ------------------------
word_vectors = None  # .npy of (categories, width); None: learnt. Published: GloVe (docs/configs.md)
channels = 1024  # D, channels of a category's feature
begin = 5  # epoch from which unknown labels are taken to be present
# ---------------------------------------------------------------------

method = 'SST'
method_epochs = 20  # what the schedules below are written for; `dsrb train` stretches them
# Falls by a step per epoch, from the epoch of the first labels on.
_threshold = dict(type='FallingThreshold', start=0.95, step=0.025, floor=0.75)
model = dict(
    type='ImageClassifier',
    neck=dict(type='CSRLNeck', out_channels=channels, word_vectors=word_vectors, pool_size=2),
    head=dict(
        type='DSRBHead',
        hidden_channels=1024,
        graph_steps=3,
        loss=dict(type='PartialBCELoss'),
        complements=[
            dict(
                type='IntraImageTransfer',
                threshold=_threshold,
                hidden_channels=512,
                co_occurrence_weight=10.0,
                begin=begin,
            ),
            dict(
                type='CrossImageTransfer',
                threshold=_threshold,
                bank=dict(type='FeatureQueue', size=100),
                begin=begin,
            ),
        ],
        aux_losses=[dict(type='CategoryContrastiveLoss', loss_weight=0.05, ramp_epochs=1)],
        diagnostics=True,
    ),
)
