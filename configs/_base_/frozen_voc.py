"""Pascal VOC 2007 on a frozen backbone; children add a method."""

_base_ = './frozen_csv.py'

import os  # after _base_, by which MMEngine tells the kind of a config

# ------------------------ frequently modified ------------------------
data_root = os.environ.get('VOC_ROOT', 'data/VOC2007')  # or set VOC_ROOT in the environment
known_proportion = 0.5  # proportion of known training labels, in (0, 1]
# ---------------------------------------------------------------------

_voc = dict(_delete_=True, type='VOC', data_root=data_root, pipeline=_base_.pipeline)
train_dataloader = dict(
    dataset=dict(known_proportion=known_proportion, dataset=dict(_voc, split='trainval'))
)
val_dataloader = dict(dataset=dict(dataset=dict(_voc, split='test')))
test_dataloader = val_dataloader
