_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/em_apl.py']

# Half of the epochs, as published.
_labels = dict(type='AsymmetricPseudoLabels', beta=0.9, negative_proportion=0.9, begin=10)
model = dict(
    backbone={{_base_.backbone}},
    head=dict(
        complements=[_labels],
        bias_init={{_base_.start.bias_init}},
        init_cfg={{_base_.start.init_cfg}},
    ),
)
