"""HST (arXiv 2205.11131) with its published settings.

Learnt thresholds start at 1, where only the weight decay of Adam moves them: with another optimiser,
start them lower (see LearnedThreshold).
"""

# ------------------------ frequently modified ------------------------
word_vectors = None  # .npy of (categories, width); None: learnt. Published: GloVe (docs/configs.md)
channels = 1024  # D, channels of a category's feature
begin = 5  # epoch from which unknown labels are taken to be present, and prototypes computed
# ---------------------------------------------------------------------

method = 'HST'
method_epochs = 20  # what the schedules below are written for; `dsrb train` stretches them
_threshold = dict(type='LearnedThreshold', start=1.0, learnable=True, loss_weight=0.1)
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
                bank=dict(
                    type='ClusterBank',
                    num_prototypes=10,
                    begin=begin,
                    interval=5,  # epochs between two computations of the prototypes
                ),
                contrast_weight=0.05,
                begin=begin,
            ),
        ],
        aux_losses=[dict(type='CategoryContrastiveLoss', loss_weight=0.05, ramp_epochs=1)],
        diagnostics=True,
    ),
)
