"""A CSV of half-filled labels: path, split, and one column a category with 1, 0 or nothing."""

_base_ = './partial_448.py'

import os  # after _base_, by which MMEngine tells the kind of a config

# ------------------------ frequently modified ------------------------
data_root = os.environ.get(
    'CSV_ROOT', 'data/csv'
)  # folder of the CSV; or set CSV_ROOT in the environment
ann_file = 'labels.csv'
# Paths in the CSV are relative to data_root/images; or set CSV_IMAGES, to . for data_root itself.
image_folder = os.environ.get('CSV_IMAGES', 'images')
split_column = 'split'  # None where train and val are separate files
batch_size = 32
num_workers = 4
# ---------------------------------------------------------------------

data = dict(
    type='CSVMultiLabel',
    data_root=data_root,
    ann_file=ann_file,
    data_prefix=dict(img_path=image_folder),
    split_column=split_column,
)
train_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    dataset=dict(dataset=dict(split='train', **data)),
)
val_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    dataset=dict(dataset=dict(split='val', **data)),
)
test_dataloader = val_dataloader
# CF1_tuned and its like: at a threshold per category (docs/thresholds.md).
val_evaluator = dict(tuned=True)
test_evaluator = dict(tuned=True)
