_base_ = ['./_base_/modern_voc.py', './_base_/methods/sarb_modern.py']

model = dict(backbone={{_base_.backbone}}, neck=dict(word_vectors='dsrb_mm::voc_minilm'))
