"""DSRB (arXiv 2205.13092) with its published settings.

The number of categories and the backbone's channels are read from the data and the backbone.
"""

# ------------------------ frequently modified ------------------------
word_vectors = None  # .npy of (categories, width); None: learnt. Published: GloVe (docs/configs.md)
channels = 1024  # D, channels of a category's feature
begin = 5  # epoch from which labels are blended, and prototypes computed
# ---------------------------------------------------------------------

method = 'DSRB'
method_epochs = 20  # what the schedules below are written for; `dsrb train` stretches them
model = dict(
    type='ImageClassifier',
    neck=dict(type='CSRLNeck', out_channels=channels, word_vectors=word_vectors, pool_size=2),
    head=dict(
        type='DSRBHead',
        hidden_channels=1024,
        graph_steps=3,
        loss=dict(type='PartialBCELoss'),
        complements=[
            dict(type='InstanceBlending', alpha=0.5, learnable=True, begin=begin),
            dict(
                type='PrototypeBlending',
                beta=0.5,
                learnable=True,
                num_blended=1,
                max_per_location=100,
                begin=begin,
                interval=5,  # epochs between two computations of the prototypes
            ),
        ],
        aux_losses=[dict(type='CategoryContrastiveLoss', loss_weight=0.05, ramp_epochs=1)],
        diagnostics=True,
    ),
)
