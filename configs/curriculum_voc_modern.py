_base_ = ['./_base_/modern_voc.py', './_base_/methods/curriculum.py']

model = dict(backbone={{_base_.backbone}})
