"""Saliency pooling, unknown labels taken for absent.

For data whose known labels are all present, such as one label per image, which a loss that ignores
unknown labels cannot learn from. Measured in docs/methods.md.
"""

_base_ = './saliency.py'

method = 'Saliency, AN'
model = dict(head=dict(loss=dict(type='AssumeNegativeLoss')))
