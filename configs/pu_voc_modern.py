_base_ = ['./_base_/modern_voc.py', './_base_/methods/pu.py']

model = dict(backbone={{_base_.backbone}}, head=dict(loss=dict(alpha=2, gamma=0.85)))
