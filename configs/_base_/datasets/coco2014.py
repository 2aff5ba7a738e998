"""MS-COCO 2014, 80 categories, trained with partial labels, tested on complete ones."""

_base_ = './partial_448.py'

import os  # after _base_, by which MMEngine tells the kind of a config

# ------------------------ frequently modified ------------------------
data_root = os.environ.get('COCO_ROOT', 'data/coco')  # or set COCO_ROOT in the environment
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
            type='CocoMultiLabel',
            ann_file='annotations/instances_train2014.json',
            data_prefix=dict(img_path='train2014'),
        ),
    ),
)
val_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    dataset=dict(
        dataset=dict(
            data_root=data_root,
            type='CocoMultiLabel',
            ann_file='annotations/instances_val2014.json',
            data_prefix=dict(img_path='val2014'),
        ),
    ),
)
test_dataloader = val_dataloader
