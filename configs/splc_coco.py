_base_ = ['./_base_/published_coco.py', './_base_/methods/splc.py']

model = dict(backbone={{_base_.backbone}})
