_base_ = ['./_base_/published_vg.py', './_base_/methods/splc.py']

model = dict(backbone={{_base_.backbone}})
