_base_ = ['./_base_/modern_coco.py', './_base_/methods/bce.py']

model = dict(backbone={{_base_.backbone}})
