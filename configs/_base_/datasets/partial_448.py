"""What all dataset bases share: published pre-processing at 448 x 448, loaders, metric.

Children name their datasets in train_dataloader.dataset.dataset and val_dataloader.dataset.dataset.
"""

data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)

train_pipeline = [
    dict(type='LoadCheckedImageFromFile'),
    dict(type='AntialiasedResize', scale=(512, 512)),
    dict(
        type='RandomChoice',
        transforms=[
            [dict(type='RandomCrop', crop_size=size)] for size in (512, 448, 384, 320, 256)
        ],
    ),
    dict(type='AntialiasedResize', scale=(448, 448)),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='LoadCheckedImageFromFile'),
    dict(type='AntialiasedResize', scale=(448, 448)),
    dict(type='PackInputs'),
]

train_dataloader = dict(
    batch_size=8,
    num_workers=4,
    # Workers start anew in every epoch, seeded by it: a resumed training repeats the same.
    persistent_workers=False,
    worker_init_fn=dict(type='seed_worker'),
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='collate_readable'),
    # An unreadable image is an error that names it; 'skip' leaves it out and counts it.
    dataset=dict(
        type='PartialLabelDataset', unreadable='error', dataset=dict(pipeline=train_pipeline)
    ),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    # Without an option nothing is hidden: evaluation reads the labels as they are.
    dataset=dict(type='PartialLabelDataset', dataset=dict(pipeline=test_pipeline, test_mode=True)),
)
test_dataloader = val_dataloader

val_evaluator = dict(type='MultiLabelRecognitionMetric')
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()
