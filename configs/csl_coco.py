_base_ = ['./_base_/published_coco.py', './_base_/methods/csl.py']

model = dict(backbone={{_base_.backbone}})
