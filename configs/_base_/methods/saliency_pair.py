"""Saliency pooling with two maps per category: one for large objects, one for small ones.

The maps differ in their saliency weight, 0.5 as in SR (ICCV 2023) and 2, and the logit is their
mean. A combination of ours: it is as good as saliency pooling where objects are large, and several
points better where they are small (docs/small_data.md).
"""

method = 'Saliency pair'
model = dict(
    type='ImageClassifier',
    # No neck: the head pools its class maps itself.
    head=dict(
        type='SaliencyHead',
        top_k=5,
        saliency_weight=[0.5, 2.0],
        loss=dict(type='PartialBCELoss'),
        bias_init='known_prior',
    ),
)
