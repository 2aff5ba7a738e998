_base_ = ['./_base_/modern_vg.py', './_base_/methods/em_apl.py']

model = dict(backbone={{_base_.backbone}})
