"""Pascal VOC 2007, 20 categories; objects marked difficult are not positives."""

_base_ = './partial_448.py'

import os  # after _base_, by which MMEngine tells the kind of a config

# ------------------------ frequently modified ------------------------
data_root = os.environ.get('VOC_ROOT', 'data/VOC2007')  # or set VOC_ROOT in the environment
known_proportion = 0.5  # proportion of known training labels, in (0, 1]
batch_size = 8
num_workers = 4
# ---------------------------------------------------------------------

train_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    drop_last=True,  # as published
    dataset=dict(
        known_proportion=known_proportion,
        dataset=dict(
            data_root=data_root,
            type='VOC',
            split='trainval',
        ),
    ),
)
val_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    dataset=dict(
        dataset=dict(
            data_root=data_root,
            type='VOC',
            split='test',
        ),
    ),
)
test_dataloader = val_dataloader
