"""Embedded scenes of 48 categories, made by `python -m demo.make_scenes`, read as COCO."""

_base_ = './partial_448.py'

import os  # after _base_, by which MMEngine tells the kind of a config

# ------------------------ frequently modified ------------------------
data_root = os.environ.get('SCENES_ROOT', 'data/scenes')  # or set SCENES_ROOT in the environment
known_proportion = 0.5  # proportion of known training labels, in (0, 1]
batch_size = 32
num_workers = 1
# ---------------------------------------------------------------------

data_preprocessor = dict(mean=[127.0] * 3, std=[128.0] * 3, to_rgb=True)
# No random part, so that a frozen backbone need not see an image twice.
pipeline = [
    dict(type='LoadCheckedImageFromFile'),
    dict(type='Resize', scale=(192, 192)),
    dict(type='PackInputs'),
]

train_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    dataset=dict(
        known_proportion=known_proportion,
        dataset=dict(
            data_root=data_root,
            type='CocoMultiLabel',
            ann_file='annotations/instances_train.json',
            data_prefix=dict(img_path='train'),
            pipeline=pipeline,
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
            ann_file='annotations/instances_val.json',
            data_prefix=dict(img_path='val'),
            pipeline=pipeline,
        ),
    ),
)
test_dataloader = val_dataloader
# CF1_tuned and its like: at a threshold per category (docs/thresholds.md).
val_evaluator = dict(tuned=True)
test_evaluator = dict(tuned=True)
