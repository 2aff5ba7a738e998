_base_ = ['./_base_/modern_voc.py', './_base_/methods/csl.py']

model = dict(backbone={{_base_.backbone}})
