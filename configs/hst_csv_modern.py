_base_ = ['./_base_/modern_csv.py', './_base_/methods/hst_modern.py']

model = dict(backbone={{_base_.backbone}})
