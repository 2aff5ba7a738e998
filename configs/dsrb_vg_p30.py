_base_ = './_base_/dsrb_vg.py'

train_dataloader = dict(dataset=dict(known_proportion=0.3))
