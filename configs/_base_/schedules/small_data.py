"""Schedule for small data: few steps at a high rate (docs/small_data.md).

The learning rates of all steps should sum up to about 0.2. A cosine from 1e-3 averages half of that:
400 steps, or with batch 32 and N images 400 * 32 / N = 12,800 / N epochs. A child that changes
max_epochs changes param_scheduler.T_max and the `begin` of the complements (a quarter of it) as well.
"""

# ------------------------ frequently modified ------------------------
max_epochs = 12
lr = 1e-3  # 3e-3 and more let the attention fall back to uniform
# ---------------------------------------------------------------------

_no_decay = dict(decay_mult=0.0)
optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=lr, weight_decay=5e-4),
    paramwise_cfg=dict(
        custom_keys={
            'backbone': dict(lr_mult=0.3),
            'neck.image_to_joint': _no_decay,
            'neck.word_to_joint': _no_decay,
            'neck.joint': _no_decay,
            'neck.score': _no_decay,
            'word_vectors': _no_decay,
        }
    ),
)
param_scheduler = dict(
    type='CosineAnnealingLR', by_epoch=True, T_max=max_epochs, convert_to_iter_based=True
)
train_cfg = dict(by_epoch=True, max_epochs=max_epochs, val_interval=1)
auto_scale_lr = dict(base_batch_size=32)
