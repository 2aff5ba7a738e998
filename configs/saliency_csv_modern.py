_base_ = ['./_base_/modern_csv.py', './_base_/methods/saliency.py']

model = dict(backbone={{_base_.backbone}})
