_base_ = ['./_base_/modern_csv.py', './_base_/methods/splc.py']

model = dict(backbone={{_base_.backbone}})
