_base_ = ['./_base_/modern_csv.py', './_base_/methods/bce.py']

model = dict(backbone={{_base_.backbone}})
