_base_ = ['./_base_/modern_csv.py', './_base_/methods/em_apl.py']

model = dict(backbone={{_base_.backbone}})
