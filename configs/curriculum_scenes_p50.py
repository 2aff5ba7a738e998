_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/curriculum.py']

# The published shares of the training: one half, then twice a quarter.
_labels = dict(type='CurriculumLabels', threshold=2.0, begin=10, interval=5)
model = dict(
    backbone={{_base_.backbone}},
    head=dict(
        complements=[_labels],
        bias_init={{_base_.start.bias_init}},
        init_cfg={{_base_.start.init_cfg}},
    ),
)
