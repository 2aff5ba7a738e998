"""Runtime of every config: registration, hooks, logging, checkpoints."""

default_scope = 'mmpretrain'
custom_imports = dict(imports=['dsrb_mm'], allow_failed_imports=False)

# Beside these MMEngine has its own: timer and runtime_info.
default_hooks = dict(
    param_scheduler=dict(type='ParamSchedulerHook'),  # MMPretrain's vis_scheduler looks for it
    logger=dict(type='LoggerHook', interval=100),
    # Takes the place of DistSamplerSeedHook: sampler and all generators are seeded by the epoch.
    sampler_seed=dict(type='EpochSeedHook'),
    checkpoint=dict(
        type='AtomicCheckpointHook',
        interval=1,
        max_keep_ckpts=2,
        save_best='multi-label/mAP',
        rule='greater',
    ),
    # Drives the parts of a method: statistics of the labels, schedules, passes over the data.
    method=dict(type='MethodHook'),
    resume=dict(type='ResumeHook'),
    # Several processes: one set of BatchNorm statistics, which is what a checkpoint can hold.
    sync_buffers=dict(type='SyncBuffersHook'),
    # With fit=True, thresholds per category come from the validation images (docs/thresholds.md).
    calibration=dict(type='CalibrationHook'),
    category_check=dict(type='CategoryCheckHook'),
    skipped_images=dict(type='SkippedImageHook'),
    # NaN or infinity stops training; the state before it and the batch are saved.
    finite_check=dict(type='FiniteCheckHook'),
)

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)

visualizer = dict(type='UniversalVisualizer', vis_backends=[dict(type='LocalVisBackend')])
log_level = 'INFO'
load_from = None
resume = False
randomness = dict(seed=0, deterministic=False)
# alpha and beta get no gradient before blending starts.
model_wrapper_cfg = dict(type='MMDistributedDataParallel', find_unused_parameters=True)
