_base_ = ['./_base_/modern_vg.py', './_base_/methods/ll_ct.py']

model = dict(backbone={{_base_.backbone}})
