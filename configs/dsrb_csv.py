"""DSRB on your own CSV of half-filled labels: python tools/train.py configs/dsrb_csv.py

Categories are read from the CSV. The image folder is data/csv, or CSV_ROOT in the environment.
"""

_base_ = [
    './_base_/datasets/csv.py',
    './_base_/models/resnet101.py',
    './_base_/methods/dsrb_small_data.py',
    './_base_/schedules/small_data.py',
    './_base_/default_runtime.py',
]

# ------------------------ frequently modified ------------------------
word_vectors = None  # learnt; or a file that tools/word_vectors.py made from your category names
# ---------------------------------------------------------------------

model = dict(backbone={{_base_.backbone}}, neck=dict(word_vectors=word_vectors))
# Few images make few iterations; and few categories a short table.
default_hooks = dict(logger=dict(interval=10), calibration=dict(fit=True))
test_evaluator = dict(classwise=True)
