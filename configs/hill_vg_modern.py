_base_ = ['./_base_/modern_vg.py', './_base_/methods/hill.py']

model = dict(backbone={{_base_.backbone}})
