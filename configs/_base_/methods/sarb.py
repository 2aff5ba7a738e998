"""SARB (arXiv 2203.02172) with its published settings.

As DSRB, but the prototypes are those of k-means clusters, not of quadrants of the map.
"""

# ------------------------ frequently modified ------------------------
word_vectors = None  # .npy of (categories, width); None: learnt. Published: GloVe (docs/configs.md)
channels = 1024  # D, channels of a category's feature
begin = 5  # epoch from which labels are blended, and prototypes computed
# ---------------------------------------------------------------------

method = 'SARB'
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
            dict(type='InstanceBlending', name='ilrb', alpha=0.5, learnable=True, begin=begin),
            dict(
                type='ClusterBlending',
                beta=0.5,
                learnable=True,
                num_blended=1,
                num_prototypes=10,
                begin=begin,
                interval=5,  # epochs between two computations of the prototypes
            ),
        ],
        aux_losses=[dict(type='CategoryContrastiveLoss', loss_weight=0.05, ramp_epochs=1)],
        diagnostics=True,
    ),
)
