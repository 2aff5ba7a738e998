import json

import pandas as pd

from dsrb_mm.annotation import read_questions, write_fiftyone_labels
from dsrb_mm.datasets import import_labels


def test_labels_come_back(hostile, tmp_path):
    questions = read_questions(hostile / 'rank.csv', hostile / 'images')
    write_fiftyone_labels(questions, hostile / 'images', tmp_path / 'labels.json')
    content = json.loads((tmp_path / 'labels.json').read_text())
    first = content['labels'][str(hostile / 'images' / questions[0].path)]
    assert first[0] == dict(label=0, confidence=0.0)
    # An annotator deletes the first label of every image.
    content['labels'] = {path: found[1:] for path, found in content['labels'].items()}
    (tmp_path / 'labels.json').write_text(json.dumps(content))
    import_labels(
        tmp_path / 'labels.json', tmp_path / 'l.csv', unknown=hostile / 'rank.csv', val=0,
        image_root=hostile / 'images', relative_to=hostile / 'images',
    )  # fmt: skip
    table = pd.read_csv(tmp_path / 'l.csv').set_index(['path', 'split']).stack().dropna()
    asked = {(question.path, question.category.strip()) for question in questions}
    found = {(path, name): value for (path, _, name), value in table.items()}
    assert set(found) == asked and sum(value == 0 for value in found.values()) == 3
