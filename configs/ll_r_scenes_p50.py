_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/ll_r.py']

model = dict(backbone={{_base_.backbone}}, head={{_base_.start}})
