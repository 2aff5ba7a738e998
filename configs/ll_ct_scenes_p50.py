_base_ = ['./_base_/frozen_scenes.py', './_base_/methods/ll_ct.py']

# In half the epochs that the method's file is written for, it corrects as many labels in the end.
_loss = dict(delta_rel=0.1)
model = dict(backbone={{_base_.backbone}}, head=dict(loss=_loss, **_base_.start))
