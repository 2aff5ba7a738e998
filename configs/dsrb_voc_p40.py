_base_ = './_base_/dsrb_voc.py'

train_dataloader = dict(dataset=dict(known_proportion=0.4))
