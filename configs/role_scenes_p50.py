_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/role.py']

model = dict(
    backbone={{_base_.backbone}},
    # The scenes' mean: single positives do not tell it.
    head=dict(
        loss=dict(expected_positives=3.2),
        bias_init={{_base_.start.bias_init}},
        init_cfg={{_base_.start.init_cfg}},
    ),
)
