"""A CSV of half-filled labels: path, split, and one column a category with 1, 0 or nothing."""

_base_ = './pipelines_448.py'

# ------------------------ frequently modified ------------------------
data_root = '{{$CSV_ROOT:data/csv}}'  # folder of the CSV; or set CSV_ROOT in the environment
ann_file = 'labels.csv'
image_folder = 'images'  # paths in the CSV are relative to data_root/images
split_column = 'split'  # None where train and val are separate files
batch_size = 32
num_workers = 4
# ---------------------------------------------------------------------

_data = dict(
    type='CSVMultiLabel',
    data_root=data_root,
    ann_file=ann_file,
    data_prefix=dict(img_path=image_folder),
    split_column=split_column,
)
train_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    # Workers start anew in every epoch, seeded by it: a resumed training repeats the same.
    persistent_workers=False,
    worker_init_fn=dict(type='seed_worker'),
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='PartialLabelDataset',  # hides nothing: the CSV has unknown labels of its own
        dataset=dict(**_data, split='train', pipeline={{_base_.train_pipeline}}),
    ),
)
val_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='PartialLabelDataset',
        dataset=dict(**_data, split='val', pipeline={{_base_.test_pipeline}}, test_mode=True),
    ),
)
test_dataloader = val_dataloader
