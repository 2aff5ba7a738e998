_base_ = ['./_base_/modern_csv.py', './_base_/methods/sarb_modern.py']

model = dict(backbone={{_base_.backbone}})
