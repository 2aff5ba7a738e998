_base_ = ['./_base_/modern_coco.py', './_base_/methods/sarb_modern.py']

model = dict(backbone={{_base_.backbone}}, neck=dict(word_vectors='dsrb_mm::coco_minilm'))
