"""Saliency pooling with partial BCE: the pooling of SR (ICCV 2023) without its second view.

The biases start at the prior of the known labels. On a frozen backbone the weights start at 0
(_base_/frozen_csv.py), so that training starts as a model that predicts base rates.
"""

method = 'Saliency'
model = dict(
    type='ImageClassifier',
    # No neck: the head pools its class maps itself.
    head=dict(
        type='SaliencyHead',
        top_k=5,
        saliency_weight=0.5,
        loss=dict(type='PartialBCELoss'),
        bias_init='known_prior',
    ),
)
