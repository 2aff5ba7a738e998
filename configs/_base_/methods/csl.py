"""Class-aware selective loss (Ben-Baruch et al., CVPR 2022).

The settings are those published for labels hidden at random. Where whole categories lack labels, the
published ones are gamma_neg=3 and prior_threshold=0.5. Single positives have no known absent labels
to estimate the priors from: prior_threshold=None, or give the priors.
"""

method = 'CSL'
model = dict(
    type='ImageClassifier',
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='PartialLabelLinearHead',
        loss=dict(
            type='SelectiveAsymmetricLoss',
            gamma_pos=0,
            gamma_neg=1,
            gamma_unknown=4,
            top_k=5,
            prior_threshold=0.05,
        ),
        bias_init='known_prior',  # each bias starts at the log-odds of its known labels
    ),
)
