"""The default, csv_cpu.py, on the embedded scenes.

For tools/compare.py, which holds out training images: by itself it would choose the saliency
weight on the validation images, and here these are the test images.
"""

_base_ = './saliency_scenes_p50.py'

custom_hooks = [dict(type='SaliencyWeightHook')]
