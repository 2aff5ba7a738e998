"""Published pre-processing at 448 x 448 (method: training protocol)."""

data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(512, 512), interpolation='bicubic', backend='pillow'),
    dict(
        type='RandomChoice',
        transforms=[
            [dict(type='RandomCrop', crop_size=size)] for size in (512, 448, 384, 320, 256)
        ],
    ),
    dict(type='Resize', scale=(448, 448), interpolation='bicubic', backend='pillow'),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='PackInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(448, 448), interpolation='bicubic', backend='pillow'),
    dict(type='PackInputs'),
]
val_evaluator = dict(type='MultiLabelRecognitionMetric')
test_evaluator = val_evaluator
val_cfg = dict()
test_cfg = dict()
