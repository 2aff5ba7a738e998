"""Saliency maps (SR, ICCV 2023) with the blendings of DSRB (arXiv 2205.13092).

A combination of ours: nothing is published about it. The head pools the backbone's map itself, so
that there is no neck. What is blended are a map's mean and the mean of its highest locations, which
is blending logits.
"""

# ------------------------ frequently modified ------------------------
begin = 5  # epoch from which labels are blended, and prototypes computed
# ---------------------------------------------------------------------

method = 'SR + blending'
model = dict(
    type='ImageClassifier',
    head=dict(
        type='SaliencyHead',
        top_k=5,
        saliency_weight=0.5,
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
                interval=5,  # epochs between two computations of the prototypes
            ),
        ],
    ),
)
