"""DSRB on your own CSV of half-filled labels; set the three values below.

python tools/train.py configs/dsrb_csv.py --cfg-options model.neck.num_classes=5 model.head.num_classes=5
"""

_base_ = [
    './_base_/datasets/csv.py',
    './_base_/models/dsrb_small_data.py',
    './_base_/schedules/small_data.py',
]

# ------------------------ frequently modified ------------------------
num_classes = 20  # number of category columns
word_vectors = None  # learnt; or a file that tools/word_vectors.py made from your category names
# ---------------------------------------------------------------------

model = dict(
    neck=dict(num_classes=num_classes, word_vectors=word_vectors),
    head=dict(num_classes=num_classes),
)
# Few images make few iterations; and few categories a short table.
default_hooks = dict(logger=dict(interval=10))
test_evaluator = dict(classwise=True)
