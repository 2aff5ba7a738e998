"""MS-COCO 2014, 80 categories, trained with partial labels, tested on complete ones."""

_base_ = './pipelines_448.py'

# ------------------------ frequently modified ------------------------
data_root = '{{$COCO_ROOT:data/coco}}'  # or set COCO_ROOT in the environment
known_proportion = 0.5  # proportion of known training labels, in (0, 1]
batch_size = 8
num_workers = 4
# ---------------------------------------------------------------------

train_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    # Workers start anew in every epoch, seeded by it: a resumed training repeats the same.
    persistent_workers=False,
    worker_init_fn=dict(type='seed_worker'),
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='PartialLabelDataset',
        known_proportion=known_proportion,
        dataset=dict(
            type='CocoMultiLabel',
            data_root=data_root,
            ann_file='annotations/instances_train2014.json',
            data_prefix=dict(img_path='train2014'),
            pipeline={{_base_.train_pipeline}},
        ),
    ),
)
val_dataloader = dict(
    batch_size=batch_size,
    num_workers=num_workers,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='PartialLabelDataset',  # complete labels: nothing is hidden
        dataset=dict(
            type='CocoMultiLabel',
            data_root=data_root,
            ann_file='annotations/instances_val2014.json',
            data_prefix=dict(img_path='val2014'),
            pipeline={{_base_.test_pipeline}},
            test_mode=True,
        ),
    ),
)
test_dataloader = val_dataloader
