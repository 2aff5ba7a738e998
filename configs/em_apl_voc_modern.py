_base_ = ['./_base_/modern_voc.py', './_base_/methods/em_apl.py']

model = dict(
    backbone={{_base_.backbone}},
    head=dict(
        loss=dict(alpha=0.2),
        complements=[
            dict(type='AsymmetricPseudoLabels', beta=0.02, negative_proportion=0.9, begin=20),
        ],
    ),
)
