"""Published schedule: Adam 1e-5 at batch 8, 20 epochs, a tenth of the rate after 10."""

optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-5, weight_decay=5e-4))
param_scheduler = dict(type='MultiStepLR', by_epoch=True, milestones=[10], gamma=0.1)
train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=1)
auto_scale_lr = dict(base_batch_size=8)
