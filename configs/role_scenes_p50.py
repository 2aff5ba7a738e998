_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/role.py']

model = dict(
    backbone={{_base_.backbone}},
    head=dict(
        # The scenes' mean: single positives do not tell it. Half the epochs, twice the step.
        loss=dict(expected_positives=3.2, label_lr=2.0),
        bias_init={{_base_.start.bias_init}},
        init_cfg={{_base_.start.init_cfg}},
    ),
)
