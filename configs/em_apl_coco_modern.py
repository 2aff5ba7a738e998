_base_ = ['./_base_/modern_coco.py', './_base_/methods/em_apl.py']

model = dict(backbone={{_base_.backbone}})
