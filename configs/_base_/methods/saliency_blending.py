"""DSRB on saliency pooling: two maps per category, and the blendings of DSRB (arXiv 2205.13092).

A combination of ours: nothing is published about it. The features of a category that are blended
are the mean and the mean of the highest locations of each of its maps, so that no attention and no
graph are needed. Measured in docs/small_data.md.
"""

# ------------------------ frequently modified ------------------------
begin = 3  # epoch from which labels are blended, and prototypes computed
# ---------------------------------------------------------------------

method = 'Saliency pair + blending'
method_epochs = 12  # what the schedules below are written for; `dsrb train` stretches them
model = dict(
    type='ImageClassifier',
    head=dict(
        type='SaliencyHead',
        top_k=5,
        saliency_weight=[0.5, 2.0],
        loss=dict(type='PartialBCELoss'),
        bias_init='known_prior',  # each bias starts at the log-odds of its known labels
        complements=[
            # Fixed: at learning rates above 1e-5 learnable scalars run to 1, which is no blending.
            dict(type='InstanceBlending', alpha=0.5, learnable=False, begin=begin),
            dict(
                type='PrototypeBlending',
                beta=0.5,
                learnable=False,
                num_blended=1,
                begin=begin,
                interval=3,  # epochs between two computations of the prototypes
            ),
        ],
    ),
)
