_base_ = ['./_base_/modern_vg.py', './_base_/methods/ll_r.py']

model = dict(backbone={{_base_.backbone}})
