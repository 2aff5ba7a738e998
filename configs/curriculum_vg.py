_base_ = ['./_base_/published_vg.py', './_base_/methods/curriculum.py']

model = dict(
    backbone={{_base_.backbone}},
    head=dict(
        complements=[dict(type='CurriculumLabels', threshold=2.0, begin=10, interval=5)],
    ),
)
