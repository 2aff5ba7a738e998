_base_ = ['./_base_/modern_voc.py', './_base_/methods/bce.py']

model = dict(backbone={{_base_.backbone}})
