"""The same modern recipe for every method: block B of docs/methods.md. Ours, not tuned for any of them.

The whole network is trained by AdamW, whose steps do not depend on the scale of a loss, with warm-up,
cosine decay, RandAugment and a moving average of the weights, which is what is validated and saved.
"""

# ------------------------ frequently modified ------------------------
max_epochs = 40
lr = 1e-4  # for batches of 32
# ---------------------------------------------------------------------

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=lr, weight_decay=1e-4),
    paramwise_cfg=dict(norm_decay_mult=0.0, bias_decay_mult=0.0),
)
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=0.01,
        by_epoch=True,
        begin=0,
        end=1,
        convert_to_iter_based=True,
    ),
    dict(
        type='CosineAnnealingLR',
        by_epoch=True,
        begin=1,
        end=max_epochs,
        T_max=max_epochs - 1,
        convert_to_iter_based=True,
    ),
]
train_cfg = dict(by_epoch=True, max_epochs=max_epochs, val_interval=1)
auto_scale_lr = dict(base_batch_size=32)
# The average follows short trainings, too: over the last tenth of the iterations so far at first,
# over 3,000 iterations in the end.
custom_hooks = [dict(type='EMAHook', ema_type='MomentumAnnealingEMA', momentum=1 / 3000, gamma=10)]

# Ends the training pipeline, before PackInputs: see modern_coco.py.
rand_augment = dict(
    type='RandAugment',
    policies='timm_increasing',
    num_policies=2,
    total_level=10,
    magnitude_level=9,
    magnitude_std=0.5,
)
