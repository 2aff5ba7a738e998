_base_ = ['./_base_/modern_coco.py', './_base_/methods/sr.py']

model = dict(backbone={{_base_.backbone}})
data_preprocessor = dict(type='ViewsDataPreprocessor')
train_dataloader = dict(dataset=dict(dataset=dict(pipeline={{_base_.views_pipeline}})))
optim_wrapper = dict(optimizer={{_base_.sr_optimizer}})
