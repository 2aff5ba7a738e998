"""The default on your own CSV with a GPU: a whole ResNet-101 and saliency pooling.

Chosen by the published figures (docs/methods.md); csv_cpu.py is the default on a CPU.
"""

_base_ = './saliency_csv_modern.py'
