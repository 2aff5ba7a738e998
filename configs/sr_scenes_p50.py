"""SR on the embedded scenes, with one view: its pooling and pseudo-labels on a frozen backbone.

A second, strongly augmented view would have to pass through the backbone at every step.
"""

_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/saliency.py']

method = 'SR, one view'
_labels = dict(type='PseudoLabels', threshold=0.6)
model = dict(
    backbone={{_base_.backbone}},
    head=dict(
        complements=[_labels],
        bias_init={{_base_.start.bias_init}},
        init_cfg={{_base_.start.init_cfg}},
    ),
)
