"""Visual Genome, its 200 most frequent categories, SSGRL split."""

_base_ = './partial_448.py'

import os  # after _base_, by which MMEngine tells the kind of a config

# ------------------------ frequently modified ------------------------
data_root = os.environ.get('VG_ROOT', 'data/VG')  # or set VG_ROOT in the environment
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
            type='VG200',
            ann_file='train_list_500.txt',
            data_prefix=dict(img_path='VG_100K'),
        ),
    ),
)
val_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    dataset=dict(
        dataset=dict(
            data_root=data_root,
            type='VG200',
            ann_file='test_list_500.txt',
            data_prefix=dict(img_path='VG_100K'),
        ),
    ),
)
test_dataloader = val_dataloader
