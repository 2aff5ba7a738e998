_base_ = ['./_base_/modern_voc.py', './_base_/methods/role.py']

model = dict(backbone={{_base_.backbone}}, head=dict(loss=dict(expected_positives=1.5)))
