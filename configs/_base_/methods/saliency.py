"""Saliency pooling with partial BCE: the pooling of SR (ICCV 2023) without its second view.

The weights start at 0 and the biases at the prior of the known labels, so that training starts as a
model that predicts base rates. Random weights cost about half a point of mAP on small data
(docs/small_data.md).
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
        init_cfg=dict(type='Constant', layer='Conv2d', val=0),
    ),
)
