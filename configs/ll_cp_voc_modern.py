_base_ = ['./_base_/modern_voc.py', './_base_/methods/ll_cp.py']

model = dict(backbone={{_base_.backbone}})
